import { useState, type SyntheticEvent } from "react";

import { qualities, type JobRequest, type Quality } from "../api/types";

interface Props {
  onSubmit: (request: JobRequest) => void;
}

const MAX_PROMPT = 1000;
const MAX_IMAGES = 4;

/** Asks what is to be drawn. */
export function PromptForm({ onSubmit }: Props) {
  const [prompt, setPrompt] = useState("");
  const [images, setImages] = useState(1);
  const [quality, setQuality] = useState<Quality>("standard");

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    onSubmit({ prompt: prompt.trim(), images, quality });
  }

  return (
    <form onSubmit={submit}>
      <label>
        Prompt
        <textarea
          value={prompt}
          maxLength={MAX_PROMPT}
          onChange={(event) => {
            setPrompt(event.target.value);
          }}
        />
      </label>
      <label>
        Images
        <input
          type="number"
          min={1}
          max={MAX_IMAGES}
          value={images}
          onChange={(event) => {
            setImages(Math.min(MAX_IMAGES, Math.max(1, event.target.valueAsNumber || 1)));
          }}
        />
      </label>
      <label>
        Quality
        <select
          value={quality}
          onChange={(event) => {
            setQuality(event.target.value as Quality);
          }}
        >
          {qualities.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={prompt.trim() === ""}>
        Draw
      </button>
    </form>
  );
}
