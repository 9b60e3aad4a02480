import { useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useState } from "react";
import { ReelbenchError } from "../../../../core/contract/errors.ts";
import { desktopBridge } from "../../transport/electron.ts";
import { tellFailure } from "../feedback/tell.ts";
import { droppedPaths, mayHoldFiles } from "./dropped-path.ts";
import { ratingsAndTitles } from "./split-dropped.ts";
import styles from "./window-drop.module.css";

/** Files dropped anywhere on the window are looked at for import. Fields that take a file themselves come first. */
export function WindowDrop() {
  const navigate = useNavigate();
  const [over, setOver] = useState(false);
  const take = useEffectEvent((data: DataTransfer) => {
    const { ratings, titles } = ratingsAndTitles(droppedPaths(data, desktopBridge()));
    if (ratings !== undefined) void navigate({ to: "/data/import", search: { path: ratings, items: titles } });
    else if (data.files.length > 0)
      tellFailure(
        "The file cannot be taken from here",
        new ReelbenchError("RB_INVALID_INPUT", "A browser does not tell where a dropped file lies.", {
          remedy: "Choose Import ratings and browse for it, or paste its path.",
        }),
      );
  });
  useEffect(() => {
    const enter = (event: DragEvent) => {
      if (event.dataTransfer === null || !mayHoldFiles(event.dataTransfer.types)) return;
      // Without this the window would refuse the drop, or open the file in the place of the workbench.
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      setOver(false);
      if (event.defaultPrevented || event.dataTransfer === null || !mayHoldFiles(event.dataTransfer.types)) return;
      event.preventDefault();
      take(event.dataTransfer);
    };
    window.addEventListener("dragover", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return over ? <div className={styles["hint"]}>Drop files of ratings (and titles) to look at them</div> : null;
}
