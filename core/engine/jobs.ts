import type { JobQueue } from "../jobs/queue.ts";
import type { DirectHandlers } from "./handlers.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

type JobsMethod =
  | "jobs.list"
  | "jobs.get"
  | "jobs.cancel"
  | "jobs.resume"
  | "jobs.pause"
  | "jobs.move"
  | "jobs.hold"
  | "jobs.queue";

export function jobHandlers(rooms: Rooms, queue: JobQueue): DirectHandlers<JobsMethod> {
  return {
    "jobs.list": (query) => queue.list(query),
    "jobs.get": ({ jobId }) => queue.get(jobId),
    "jobs.cancel": ({ jobId }) => queue.cancel(jobId),
    "jobs.resume": ({ jobId }) => queue.resume(jobId),
    "jobs.pause": ({ jobId }) => queue.pause(jobId),
    "jobs.move": ({ jobId, to }) => queue.move(jobId, to),
    "jobs.hold": ({ held }) => {
      queue.hold(held);
      changed(rooms, "queue", "jobs");
      return { held };
    },
    "jobs.queue": () => ({ held: queue.isHeld() }),
  };
}
