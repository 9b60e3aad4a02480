import { ReelbenchError } from "../../core/contract/errors.ts";

/** What stands at a path: values by method, and the names of the path's parameters with their (decoded) values. */
export interface Found<T> {
  readonly byMethod: ReadonlyMap<string, T>;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router<T> {
  /** Null where no route has this path. Throws RB_INVALID_INPUT for a parameter that is not percent-encoded UTF-8. */
  find(path: string): Found<T> | null;
}

interface Node<T> {
  readonly fixed: Map<string, Node<T>>;
  parameter: Node<T> | null;
  names: readonly string[];
  readonly byMethod: Map<string, T>;
}

const none: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Finds a route by the segments of its path in one walk, however many routes there are. A fixed segment goes before a
 * parameter; a parameter is never empty; upper and lower case differ, and so do a path with and without a slash at its end.
 */
export function createRouter<T>(
  routes: readonly { readonly path: string; readonly method: string; readonly value: T }[],
): Router<T> {
  const root = createNode<T>();
  for (const { path, method, value } of routes) {
    let node = root;
    const names: string[] = [];
    for (const segment of path.slice(1).split("/")) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        const next = node.fixed.get(segment) ?? createNode<T>();
        node.fixed.set(segment, next);
        node = next;
      } else {
        names.push(name);
        node = node.parameter ??= createNode<T>();
      }
    }
    node.names = names;
    node.byMethod.set(method.toUpperCase(), value);
  }

  function walk(node: Node<T>, segments: readonly string[], at: number, values: string[]): Node<T> | null {
    const segment = segments[at];
    if (segment === undefined) return node.byMethod.size > 0 ? node : null;
    const fixed = node.fixed.get(segment);
    const found = fixed === undefined ? null : walk(fixed, segments, at + 1, values);
    if (found !== null || node.parameter === null || segment === "") return found;
    values.push(segment);
    const further = walk(node.parameter, segments, at + 1, values);
    if (further === null) values.pop();
    return further;
  }

  return {
    find(path) {
      const values: string[] = [];
      const node = path.startsWith("/") ? walk(root, path.slice(1).split("/"), 0, values) : null;
      if (node === null) return null;
      if (values.length === 0) return { byMethod: node.byMethod, params: none };
      const params: Record<string, string> = {};
      node.names.forEach((name, at) => {
        params[name] = decode(values[at] ?? "");
      });
      return { byMethod: node.byMethod, params };
    },
  };
}

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new ReelbenchError("RB_INVALID_INPUT", "The path is not percent-encoded UTF-8.", { cause });
  }
}

function createNode<T>(): Node<T> {
  return { fixed: new Map(), parameter: null, names: [], byMethod: new Map() };
}
