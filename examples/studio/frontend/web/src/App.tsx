import { useState } from "react";

import type { Client } from "./api/client";
import type { Job, JobRequest } from "./api/types";
import { useGallery } from "./api/useGallery";
import { useJob } from "./api/useJob";
import { Gallery } from "./components/Gallery";
import { JobStatus } from "./components/JobStatus";
import { PromptForm } from "./components/PromptForm";

interface Props {
  client: Client;
  wsUrl: string;
  userId: string;
}

/** The page: ask for an image above, see everybody's below. */
export function App({ client, wsUrl, userId }: Props) {
  const [submitted, setSubmitted] = useState<Job>();
  const [problem, setProblem] = useState<string>();
  const job = useJob(client, wsUrl, submitted);
  const gallery = useGallery(client);

  async function submit(request: JobRequest) {
    setProblem(undefined);
    try {
      setSubmitted(await client.submitJob(userId, request));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <main>
      <h1>Pingvas Studio</h1>
      <PromptForm onSubmit={(request) => void submit(request)} />
      {problem !== undefined && <p role="alert">{problem}</p>}
      {job !== undefined && <JobStatus job={job} />}
      <Gallery
        images={gallery.images}
        state={gallery.state}
        onMore={gallery.more}
        onLike={(image) => void gallery.like(image, userId)}
      />
    </main>
  );
}
