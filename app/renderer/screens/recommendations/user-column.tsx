import { Button, Card, Group, ScrollArea, Select, Text, Tooltip } from "@mantine/core";
import { useCallbackRef, useDebouncedValue } from "@mantine/hooks";
import { memo, useState } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatGeneral, formatQuantity } from "../../components/format/numbers.ts";
import { formatDataDate } from "../../components/format/times.ts";
import { TextLink } from "../../components/link-button.tsx";
import type { PersonRating } from "../../search-params.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { filmTitle } from "./film.tsx";
import styles from "./recommendations.module.css";

interface UserColumnProps {
  readonly snapshot: Snapshot;
  readonly userId: string | undefined;
  readonly onUser: (userId: string) => void;
  /** Go on as an invented person who has rated this. */
  readonly onWhatIf: (ratings: PersonRating[]) => void;
}

/** Whom to look at, and what they have rated. */
export function UserColumn({ snapshot, userId, onUser, onWhatIf }: UserColumnProps) {
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed === userId ? "" : typed, 120);
  const found = useQueryMethod("users.search", { snapshotId: snapshot.id, text, limit: 50 }, { keepPrevious: true });
  const goOn = useCallbackRef(onWhatIf);
  const known = found.data ?? [];
  const options = known.map(({ userId: id, ratings }) => ({
    value: id,
    label: `${id}  (${formatQuantity(ratings, "rating")})`,
  }));
  const withCurrent =
    userId === undefined || options.some(({ value }) => value === userId)
      ? options
      : [{ value: userId, label: userId }, ...options];
  return (
    <Card padding={0}>
      <div style={{ padding: 12 }}>
        <Select
          label="User"
          placeholder="Type an id"
          searchable
          data={withCurrent}
          value={userId ?? null}
          // The engine has searched already; what it found is what is shown.
          filter={({ options: all }) => all}
          onSearchChange={setTyped}
          nothingFoundMessage="No such user"
          onChange={(id) => id !== null && onUser(id)}
        />
      </div>
      {userId === undefined ? (
        <Text size="sm" c="dimmed" px={12} pb={12}>
          Choose a user to see their history here and their lists at the right.
        </Text>
      ) : (
        <History key={`${snapshot.id} ${userId}`} snapshotId={snapshot.id} userId={userId} onWhatIf={goOn} />
      )}
    </Card>
  );
}

/** Films that are drawn at once, and with each press for more. */
const historyPage = 300;

/** As many as a link carries. */
const mostWhatIf = 500;

const History = memo(function History({
  snapshotId,
  userId,
  onWhatIf,
}: {
  readonly snapshotId: string;
  readonly userId: string;
  readonly onWhatIf: UserColumnProps["onWhatIf"];
}) {
  const [most, setMost] = useState(historyPage);
  const history = useQueryMethod(
    "users.history",
    { snapshotId, userId, limit: Math.max(most, mostWhatIf) },
    { keepPrevious: true },
  );
  return (
    <Answer of={history} height={240} errorTitle="The history cannot be shown">
      {({ total, films }) => (
        <>
          <Group justify="space-between" px={12} pb={6} wrap="nowrap">
            <Text size="xs" c="dimmed">
              {formatQuantity(total, "rating")}, best first
            </Text>
            <Tooltip label="Somebody with these very ratings: change them, and see every list change">
              <Button
                variant="light"
                size="compact-xs"
                onClick={() =>
                  onWhatIf(films.slice(0, mostWhatIf).map(({ itemId, rating }): PersonRating => [itemId, rating]))
                }
              >
                What if…
              </Button>
            </Tooltip>
          </Group>
          <ScrollArea.Autosize
            mah={560}
            type="auto"
            // As wide as the column, whatever the longest title: the ratings stand at its right.
            styles={{ content: { minWidth: 0 } }}
            viewportProps={{ tabIndex: 0, "aria-label": "History, scrolls" }}
          >
            <ul className={styles["list"]} aria-label={`History of user ${userId}`}>
              {films.slice(0, most).map((film) => (
                <li
                  key={film.itemId}
                  className={styles["history"]}
                  title={film.time === null ? undefined : formatDataDate(film.time)}
                >
                  <Text size="sm" truncate>
                    {filmTitle(film)}
                  </Text>
                  <Text size="sm" fw={600}>
                    {formatGeneral(film.rating)}
                  </Text>
                </li>
              ))}
            </ul>
          </ScrollArea.Autosize>
          {total > historyPage && (
            <Group justify="space-between" px={12} py={8} gap="xs">
              {total > most ? (
                <Button variant="subtle" size="compact-xs" onClick={() => setMost(most + historyPage)}>
                  Show {formatCount(Math.min(historyPage, total - most))} more of {formatCount(total - most)}
                </Button>
              ) : (
                <Text size="xs" c="dimmed">
                  All are shown.
                </Text>
              )}
              <TextLink
                to="/data/snapshots/$snapshotId"
                params={{ snapshotId }}
                search={{ tab: "rows", user: userId }}
                size="xs"
              >
                As rows in Data
              </TextLink>
            </Group>
          )}
        </>
      )}
    </Answer>
  );
});
