import { Drawer, Text } from "@mantine/core";
import type { CatalogueItem } from "../../../../core/contract/entities.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatDecimal } from "../../components/format/numbers.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { FilmName, filmTitle } from "./film.tsx";
import styles from "./recommendations.module.css";

interface SimilarFilmsProps {
  readonly run: RunRow;
  readonly film: Pick<CatalogueItem, "itemId" | "title"> | null;
  readonly onClose: () => void;
}

/** What the model takes for near. */
export function SimilarFilms({ run, film, onClose }: SimilarFilmsProps) {
  const similar = useQueryMethod(
    "recommend.similar",
    { runId: run.id, itemId: film?.itemId ?? "none", n: 20 },
    { enabled: film !== null },
  );
  return (
    <Drawer
      opened={film !== null}
      onClose={onClose}
      position="right"
      title={film === null ? "" : `Films like ${filmTitle(film)}`}
    >
      <Text size="xs" c="dimmed" mb="xs">
        As {run.name} has it: the cosine of item factors, or the weight between items. Higher is more alike.
      </Text>
      {film !== null && (
        <Answer of={similar} height={400} errorTitle="This model knows no similar films">
          {(films) => (
            <ol className={styles["list"]}>
              {films.map((near) => (
                <li key={near.itemId} className={styles["recommendation"]}>
                  <div className={styles["line"]}>
                    <Text size="sm" c="dimmed" ta="right">
                      {near.rank}
                    </Text>
                    <FilmName film={near} />
                    <span />
                    <Text size="sm" ta="right">
                      {formatDecimal(near.score, 3)}
                    </Text>
                  </div>
                </li>
              ))}
            </ol>
          )}
        </Answer>
      )}
    </Drawer>
  );
}
