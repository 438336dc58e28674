import type { Image } from "../api/types";
import type { GalleryState } from "../api/useGallery";
import { ImageCard } from "./ImageCard";

interface Props {
  images: Image[];
  state: GalleryState;
  onMore: () => void;
  onLike: (image: Image) => void;
}

/** Published images, newest first. */
export function Gallery({ images, state, onMore, onLike }: Props) {
  return (
    <section aria-label="Gallery" aria-busy={state === "loading"}>
      <div className="grid">
        {images.map((image) => (
          <ImageCard key={image.image_id} image={image} onLike={onLike} />
        ))}
      </div>
      {state === "end" && images.length === 0 && <p>Nothing is published yet.</p>}
      {state === "failed" && <p role="alert">The gallery can't be reached.</p>}
      {(state === "more" || state === "failed") && (
        <button type="button" onClick={onMore}>
          {state === "more" ? "Show more" : "Try again"}
        </button>
      )}
    </section>
  );
}
