import { Button, Menu } from "@mantine/core";
import { IconFileDescription } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { Comparison, Run } from "../../../../core/contract/entities.ts";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { fileNameFor, saveText } from "../../components/table/save-text.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { comparisonReport } from "./comparison-report.ts";
import { printPage } from "./print-page.ts";
import { reportAsHtml, reportAsMarkdown } from "./report-formats.ts";

const route = getRouteApi("/compare");

/** The chosen runs as one file for others: PDF, HTML or Markdown. */
export function ReportMenu({ runs }: { readonly runs: readonly Run[] }) {
  const search = route.useSearch();
  const { connection } = useEngine();
  const blocks = async () => {
    let comparison: Comparison | null = null;
    let refusal: string | null = null;
    if (runs.length > 1) {
      const baselineId = runs.find(({ id }) => id === search.baseline)?.id ?? null;
      try {
        comparison = await connection.request("runs.compare", { runIds: runs.map(({ id }) => id), baselineId });
      } catch (error) {
        // A report of runs that cannot be compared says so.
        refusal = error instanceof Error ? error.message : String(error);
      }
    }
    return comparisonReport({
      runs,
      comparison,
      refusal,
      link: window.location.href,
      search: search.filter ?? "",
      now: new Date(),
    });
  };
  const name = fileNameFor(runs.length === 1 ? `report of ${runs[0]?.name ?? ""}` : "comparison");
  const save = (format: "html" | "md") =>
    void blocks()
      .then((report) => {
        if (format === "html") saveText(`${name}.html`, "text/html", reportAsHtml(report));
        else saveText(`${name}.md`, "text/markdown", reportAsMarkdown(report));
        tellDone(`The report of ${runs.length === 1 ? "the run" : `${String(runs.length)} runs`} was saved.`);
      })
      .catch((error: unknown) => tellFailure("No report was made", error));
  const savePdf = () =>
    void blocks()
      .then(async (report) => {
        const html = reportAsHtml(report);
        // In a browser its own dialog prints, and tells what came of it.
        if (window.reelbench === undefined) printPage(html, name);
        else if (await window.reelbench.savePdf({ name: `${name}.pdf`, html }))
          tellDone("The report was saved as PDF.");
      })
      .catch((error: unknown) => tellFailure("No report was made", error));
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="subtle" color="gray" leftSection={<IconFileDescription size={14} aria-hidden />}>
          Report
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={savePdf}>PDF</Menu.Item>
        <Menu.Item onClick={() => save("html")}>HTML</Menu.Item>
        <Menu.Item onClick={() => save("md")}>Markdown</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
