import { useEffect, useState } from "react";

import type { Client } from "./client";
import { isOver, type Job } from "./types";

const POLL_MILLISECONDS = 2000;

/** The job as it is now: told over a WebSocket, asked for where there is none. */
export function useJob(client: Client, wsUrl: string, submitted: Job | undefined): Job | undefined {
  const [latest, setLatest] = useState<Job>();

  useEffect(() => {
    if (submitted === undefined || isOver(submitted)) return;
    return follow(client, wsUrl, submitted.job_id, setLatest);
  }, [client, wsUrl, submitted]);

  return latest !== undefined && latest.job_id === submitted?.job_id ? latest : submitted;
}

/** Follow a job until it is over; the answer ends it before. */
function follow(
  client: Client,
  wsUrl: string,
  jobId: string,
  onChange: (job: Job) => void,
): () => void {
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const socket = new WebSocket(`${wsUrl}/jobs/${jobId}`);

  function take(job: Job) {
    if (over) return;
    onChange(job);
    if (isOver(job)) end();
  }

  function poll() {
    if (over) return;
    client
      .getJob(jobId)
      .then(take)
      .catch(() => undefined) // the next question may be answered
      .finally(() => {
        if (!over) timer = setTimeout(poll, POLL_MILLISECONDS);
      });
  }

  function end() {
    over = true;
    clearTimeout(timer);
    socket.close();
  }

  socket.onmessage = (event: MessageEvent<string>) => {
    take(JSON.parse(event.data) as Job);
  };
  // A closed socket says nothing more, whatever closed it: from then on we ask.
  socket.onclose = poll;
  return end;
}
