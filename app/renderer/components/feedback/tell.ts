import { notifications } from "@mantine/notifications";
import { toReelbenchError } from "../../../../core/contract/errors.ts";

/** A short confirmation of something the person just did. */
export function tellDone(message: string): void {
  notifications.show({ message, color: "petrol", withBorder: true, closeButtonProps: { "aria-label": "Dismiss" } });
}

/** For failures that have no surface of their own on the screen. */
export function tellFailure(title: string, thrown: unknown): void {
  const error = toReelbenchError(thrown);
  notifications.show({
    title,
    message: `${error.message} ${error.remedy} (${error.code})`,
    color: "red",
    withBorder: true,
    autoClose: 12_000,
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}
