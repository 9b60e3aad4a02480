import { Button, Text } from "@mantine/core";
import { cleanNotifications, Notifications, useNotifications } from "@mantine/notifications";
import styles from "./notices.module.css";

/** One row, whatever happens: the newest notice, how many more there are, and the way to be rid of all. */
export function Notices() {
  const { queue } = useNotifications();
  return (
    <div className={styles["row"]}>
      <div className={styles["newest"]}>
        <Notifications position="bottom-center" limit={1} autoClose={6000} withinPortal={false} />
      </div>
      {queue.length > 0 && (
        <div className={styles["more"]}>
          <Text size="xs" c="dimmed">
            and {queue.length} more
          </Text>
          <Button size="compact-xs" variant="subtle" onClick={() => cleanNotifications()}>
            Dismiss all
          </Button>
        </div>
      )}
    </div>
  );
}
