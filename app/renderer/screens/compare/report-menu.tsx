import { Button, Menu } from "@mantine/core";
import { IconFileDescription } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import type { Run } from "../../../../core/contract/entities.ts";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { fileNameFor, saveText } from "../../components/table/save-text.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { comparisonReport } from "./comparison-report.ts";
import { printInstead, printPage } from "./print-page.ts";
import { reportAsHtml, reportAsMarkdown } from "./report-formats.ts";

const route = getRouteApi("/compare");

/** The chosen runs as one file for others: PDF, HTML or Markdown. */
export function ReportMenu({ runs }: { readonly runs: readonly Run[] }) {
  const baseline = route.useSearch({ select: (search) => search.baseline });
  const filter = route.useSearch({ select: (search) => search.filter ?? "" });
  const runIds = runs.map(({ id }) => id);
  const baselineId = runIds.find((id) => id === baseline) ?? null;
  // As the verdict asks it: it is asked once for both.
  const comparison = useQueryMethod("runs.compare", { runIds, baselineId }, { enabled: runs.length > 1 });
  /** A report of runs that cannot be compared says so. */
  const reportWith = ({ data, error }: Pick<typeof comparison, "data" | "error">) =>
    comparisonReport({
      runs,
      comparison: data ?? null,
      refusal: error?.message ?? null,
      link: window.location.href,
      search: filter,
      now: new Date(),
    });
  const blocks = async () =>
    reportWith(
      comparison.isPending && runs.length > 1 ? await comparison.refetch({ cancelRefetch: false }) : comparison,
    );
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
        if (window.reelbench === undefined) printPage({ html, title: name });
        else if (await window.reelbench.savePdf({ name: `${name}.pdf`, html }))
          tellDone("The report was saved as PDF.");
      })
      .catch((error: unknown) => tellFailure("No report was made", error));
  const printed = useEffectEvent(() => ({ html: reportAsHtml(reportWith(comparison)), title: name }));
  useEffect(() => printInstead(() => printed()), []);
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
