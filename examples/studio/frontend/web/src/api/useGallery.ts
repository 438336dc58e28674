import { useEffect, useState } from "react";

import type { Client } from "./client";
import type { Image, ImagePage } from "./types";

/** Whether there is more to see, or why nothing can be seen. */
export type GalleryState = "loading" | "more" | "end" | "failed";

interface Pages {
  images: Image[];
  cursor: string | undefined;
  state: GalleryState;
}

/** The gallery, read page by page. */
export function useGallery(client: Client) {
  const [pages, setPages] = useState<Pages>({ images: [], cursor: undefined, state: "loading" });

  useEffect(() => {
    let current = true;
    client.listImages().then(
      (page) => {
        if (current) setPages((known) => append({ ...known, images: [] }, page));
      },
      () => {
        if (current) setPages(fail);
      },
    );
    return () => {
      current = false;
    };
  }, [client]);

  function more() {
    setPages((known) => ({ ...known, state: "loading" }));
    client.listImages(pages.cursor).then(
      (page) => {
        setPages((known) => append(known, page));
      },
      () => {
        setPages(fail);
      },
    );
  }

  async function like(image: Image, userId: string) {
    const liked = await client.like(image.image_id, userId).catch(() => image);
    setPages((known) => ({
      ...known,
      images: known.images.map((one) => (one.image_id === liked.image_id ? liked : one)),
    }));
  }

  return { images: pages.images, state: pages.state, more, like };
}

function append(known: Pages, page: ImagePage): Pages {
  return {
    images: [...known.images, ...page.images],
    cursor: page.next_cursor ?? undefined,
    state: page.next_cursor === null ? "end" : "more",
  };
}

function fail(known: Pages): Pages {
  return { ...known, state: "failed" };
}
