import { notifications } from "@mantine/notifications";
import { toReelbenchError } from "../../../../core/contract/errors.ts";

let told = 0;

/** Notices stand in one row: the newest is seen, and those before it wait behind. */
export function nextNotice(): number {
  told += 1;
  return told;
}

/** A short confirmation of something the person just did. */
export function tellDone(message: string): void {
  notifications.show({
    message,
    color: "petrol",
    withBorder: true,
    priority: nextNotice(),
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}

/** For failures that have no surface of their own on the screen. */
export function tellFailure(title: string, thrown: unknown): void {
  const error = toReelbenchError(thrown);
  notifications.show({
    title,
    message: `${error.message} ${error.remedy} (${error.code})`,
    color: "red",
    priority: nextNotice(),
    withBorder: true,
    autoClose: 12_000,
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}
