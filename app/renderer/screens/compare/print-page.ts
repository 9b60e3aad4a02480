import "./print-page.css";

/**
 * Prints a page of our own making through the browser's dialog, which offers to save it as PDF. `title`: the file's name there.
 * The page stands in a shadow of its own, so that its styles and the workbench's do not meet.
 */
export function printPage(html: string, title: string): void {
  const page = new DOMParser().parseFromString(html, "text/html");
  const host = document.createElement("div");
  host.dataset["printedPage"] = "";
  const shadow = host.attachShadow({ mode: "open" });
  const body = document.createElement("div");
  body.append(...page.body.childNodes);
  for (const style of page.querySelectorAll("style")) {
    const own = document.createElement("style");
    // A shadow has neither body nor root.
    own.textContent = style.textContent.replaceAll(/(?<![\w.-])(?::root|body)(?=\s*\{)/gu, ":host");
    shadow.append(own);
  }
  shadow.append(body);
  const before = document.title;
  document.body.append(host);
  document.title = title;
  try {
    window.print();
  } finally {
    document.title = before;
    host.remove();
  }
}
