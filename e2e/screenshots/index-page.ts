/** The pictures as a table, a view a row and a state a column. */
export interface Picture {
  readonly screen: string;
  readonly view: string;
  readonly state: string;
  readonly file: string;
  /** What a program can see wrong with it. */
  readonly remarks: readonly string[];
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export function indexPage(pictures: readonly Picture[], states: readonly string[]): string {
  const rows = [...new Set(pictures.map(({ screen, view }) => `${screen} / ${view}`))].map((row) => {
    const cells = states.map((state) => {
      const picture = pictures.find((each) => `${each.screen} / ${each.view}` === row && each.state === state);
      return picture === undefined ? "<td>–</td>" : cell(picture);
    });
    return `<tr><th scope="row">${escape(row)}</th>${cells.join("")}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Reelbench, screen by screen</title>
<style>
  body { font: 14px system-ui, sans-serif; margin: 16px; }
  td, th { border: 1px solid #ccc; padding: 6px; vertical-align: top; text-align: left; }
  thead th { position: sticky; top: 0; background: #fff; }
  img { width: 300px; height: auto; max-height: 420px; object-fit: cover; object-position: top; display: block; }
  li { color: #a00; max-width: 280px; overflow-wrap: anywhere; }
</style>
<table>
<thead><tr><th>View</th>${states.map((state) => `<th>${escape(state)}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
`;
}

function cell({ file, screen, view, state, remarks }: Picture): string {
  const image = `<img loading="lazy" src="${escape(file)}" alt="${escape(`${screen}, ${view}, ${state}`)}">`;
  const list = remarks.length === 0 ? "" : `<ul>${remarks.map((remark) => `<li>${escape(remark)}</li>`).join("")}</ul>`;
  return `<td><a href="${escape(file)}">${image}</a>${list}</td>`;
}
