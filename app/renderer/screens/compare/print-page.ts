import "./print-page.css";

interface PrintedPage {
  readonly html: string;
  /** The file's name, where it is saved as PDF. */
  readonly title: string;
}

/** Prints a page of our own making through the browser's dialog, which offers to save it as PDF. */
export function printPage(page: PrintedPage): void {
  const remove = place(page);
  try {
    window.print();
  } finally {
    remove();
  }
}

/** From now on, who prints the screen by the browser's own command gets that page instead. Returns what ends it. */
export function printInstead(page: () => PrintedPage): () => void {
  let remove: (() => void) | null = null;
  const before = () => {
    if (document.querySelector("body > [data-printed-page]") === null) remove = place(page());
  };
  const after = () => {
    remove?.();
    remove = null;
  };
  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  return () => {
    after();
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  };
}

/** The page stands in a shadow of its own, so that its styles and the workbench's do not meet. */
function place({ html, title }: PrintedPage): () => void {
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
  return () => {
    document.title = before;
    host.remove();
  };
}
