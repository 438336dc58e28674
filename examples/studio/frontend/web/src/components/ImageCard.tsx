import type { Image } from "../api/types";

interface Props {
  image: Image;
  onLike: (image: Image) => void;
}

/** One image, with its title, its tags and its likes. */
export function ImageCard({ image, onLike }: Props) {
  return (
    <figure className="card">
      <img src={image.url} alt={image.title} loading="lazy" />
      <figcaption>
        <strong>{image.title}</strong>
        <span className="tags">{image.tags.map((tag) => `#${tag}`).join(" ")}</span>
        <button
          type="button"
          aria-label={`Like ${image.title}`}
          onClick={() => {
            onLike(image);
          }}
        >
          ♥ {image.likes}
        </button>
      </figcaption>
    </figure>
  );
}
