/** Requests that were right before something in them was changed. Each is made of its number alone, so that a run can go on where one ended. */

interface Sample {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Asked with an account's token; otherwise with a key. */
  readonly account?: true;
}

export interface MadeRequest {
  readonly bytes: Buffer;
  /** Carries a good key or token. */
  readonly authenticated: boolean;
  /** May be no HTTP at all: to be sent with nothing before or behind it that could suffer. */
  readonly alone: boolean;
}

const samples: readonly Sample[] = [
  { method: "GET", path: "/v1/users/user-01/recommendations?n=5&genre=Drama&explain=true" },
  { method: "GET", path: "/v1/users/user-02/recommendations?n=7&diversity=0.5&yearFrom=1960" },
  { method: "GET", path: "/v1/users/nobody/recommendations?explore=0.3&exclude=film-001" },
  { method: "GET", path: "/v1/users/user-05/predictions?itemId=film-001&itemId=film-002" },
  { method: "GET", path: "/v1/items/film-003/similar?n=4" },
  { method: "GET", path: "/v1/items?text=film&limit=5&offset=2" },
  { method: "GET", path: "/v1/items/film-004" },
  { method: "GET", path: "/v1/trending?days=3&n=5" },
  { method: "GET", path: "/v1/versions" },
  { method: "GET", path: "/v1/version" },
  { method: "GET", path: "/v1/deployment" },
  { method: "GET", path: "/v1/experiments" },
  {
    method: "POST",
    path: "/v1/recommendations",
    body: { ratings: [{ itemId: "film-001", rating: 4 }], n: 5, genres: ["Drama"] },
  },
  { method: "POST", path: "/v1/recommendations/batch", body: { userIds: ["user-01", "user-02"], n: 3 } },
  { method: "POST", path: "/v1/recommendations/group", body: { userIds: ["user-01", "user-02"], strategy: "average" } },
  {
    method: "POST",
    path: "/v1/feedback",
    body: {
      events: [{ userId: "user-03", itemId: "film-002", kind: "rating", rating: 3, time: "2026-01-02T03:04:05Z" }],
    },
  },
  { method: "PUT", path: "/v1/items/film-005", body: { title: "Another", year: 1999, genres: ["Drama"] } },
  { method: "POST", path: "/v1/cache/warm", body: { userIds: ["user-04"] } },
  { method: "POST", path: "/v1/cache/invalidate", body: { scope: "user", userId: "user-04" } },
  { method: "GET", path: "/v1/me", account: true },
  { method: "GET", path: "/v1/me/recommendations?n=5&genre=Noir", account: true },
  { method: "GET", path: "/v1/me/sessions", account: true },
  {
    method: "PATCH",
    path: "/v1/me",
    body: { name: "Somebody", preferences: { genres: ["Drama"] } },
    account: true,
  },
  {
    method: "POST",
    path: "/v1/me/feedback",
    body: { events: [{ itemId: "film-002", kind: "click" }] },
    account: true,
  },
];

const oddities: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  9_007_199_254_740_994,
  0.1,
  "",
  " ",
  "\u0000",
  "\ud800",
  "💥".repeat(50),
  "x".repeat(3000),
  [],
  {},
  [[[]]],
  JSON.parse('{"__proto__":{"x":1}}'),
  "__proto__",
  "constructor",
  "' or 1=1 --",
  "../../etc/passwd",
  "NaN",
  "1e9",
  "2026-99-99",
];

const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** mulberry32 */
function drawer(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `credentials` are asked for with every request: tokens end. */
export function makeRequest(
  number: number,
  seed: number,
  credentials: { readonly key: string; readonly token: string },
): MadeRequest {
  const random = drawer(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const below = (limit: number) => Math.floor(random() * limit);
  const oneOf = <T>(list: readonly T[], otherwise: T): T => list[below(list.length)] ?? otherwise;
  const odd = () => oneOf(oddities, null);

  const anId = (kind: string) => () =>
    oneOf(
      [
        `${kind}-${String(below(60)).padStart(3, "0")}`,
        `${kind}-0${String(below(10))}`,
        `Ünbekannt ${String(below(500))}`,
        "a/b?c#d",
        "💥",
      ],
      kind,
    );
  const genre = () => oneOf(["Drama", "Noir", "Comedy", "Action", "no such", "drama", "%"], "Drama");
  /** Values that stand where they may, by the name of their field: requests that are right, and not those of the sample. */
  const right: Readonly<Record<string, () => unknown>> = {
    itemId: anId("film"),
    exclude: anId("film"),
    userId: anId("user"),
    userIds: () => Array.from({ length: 1 + below(5) }, (_, n) => `user-${String(below(20) + n).padStart(2, "0")}`),
    n: () => 1 + below(50),
    limit: () => 1 + below(50),
    offset: () => below(100),
    days: () => 1 + below(30),
    rating: () => (1 + below(10)) / 2,
    diversity: () => below(101) / 100,
    explore: () => below(101) / 100,
    yearFrom: () => 1900 + below(120),
    year: () => 1900 + below(120),
    explain: () => random() < 0.5,
    genre,
    genres: () => [genre()],
    text: () => oneOf(["film", "number 1", "%", "_", "'", "Ω", "  x "], "film"),
    title: () => oneOf(["Ψ", "A film", "x".repeat(200), "<b>"], "A film"),
    name: () => oneOf(["Ada", "名前", "O'Neill", null], "Ada"),
    strategy: () => oneOf(["average", "leastMisery", "average"], "average"),
    time: () => new Date(1e12 + below(1e9) * 800).toISOString(),
  };

  function mend(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(mend);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([field, each]) => {
        const other = right[field];
        return [field, other !== undefined && random() < 0.6 ? other() : mend(each)];
      }),
    );
  }

  function mendPath(text: string): string {
    const [path = "", query] = text.split("?");
    const named = path.replace(/(?<=\/(users|items)\/)[^/]+/, (_all, kind: string) =>
      encodeURIComponent(anId(kind === "users" ? "user" : "film")()),
    );
    if (query === undefined) return named;
    const parts = query.split("&").map((part) => {
      const [field = ""] = part.split("=");
      return random() < 0.6 ? `${field}=${encodeURIComponent(textOf(right[field]?.() ?? 1))}` : part;
    });
    return `${named}?${parts.join("&")}`;
  }

  /** One place of a JSON value replaced, doubled or dropped. */
  function mutateJson(value: unknown): unknown {
    if (Array.isArray(value) && value.length > 0 && random() < 0.8) {
      const at = below(value.length);
      if (random() < 0.15) return [...(value as unknown[]), ...(value as unknown[])];
      return (value as unknown[]).map((each, index) => (index === at ? mutateJson(each) : each));
    }
    if (value !== null && typeof value === "object" && !Array.isArray(value) && random() < 0.85) {
      const entries = Object.entries(value);
      const at = below(entries.length);
      if (random() < 0.1) return Object.fromEntries(entries.filter((_, index) => index !== at));
      if (random() < 0.1) return { ...value, [textOf(odd())]: odd() };
      return Object.fromEntries(entries.map(([key, each], index) => [key, index === at ? mutateJson(each) : each]));
    }
    return odd();
  }

  function mutateText(text: string): string {
    const at = below(text.length + 1);
    const kind = below(4);
    if (kind === 0) return text.slice(0, at) + String.fromCharCode(33 + below(94)) + text.slice(at);
    if (kind === 1) return text.slice(0, at) + text.slice(at + 1 + below(3));
    if (kind === 2)
      return `${text}${text.includes("?") ? "&" : "?"}${oneOf(["n", "cursor", "genre", "x", "yearTo"], "n")}=${encodeURIComponent(
        textOf(odd())
          .slice(0, 500)
          .replaceAll(/\p{Surrogate}/gu, ""),
      )}`;
    return `${text.slice(0, at)}%${below(256).toString(16).padStart(2, "0")}${text.slice(at)}`;
  }

  const sample = oneOf(samples, { method: "GET", path: "/livez" });
  const credential = sample.account === undefined ? credentials.key : credentials.token;
  let { path } = sample;
  let body = sample.body === undefined ? "" : JSON.stringify(sample.body);
  let [authenticated, alone] = [true, false];
  const headers: Record<string, string> = {
    Host: "x",
    Authorization: `Bearer ${credential}`,
    "X-Forwarded-For": `10.${String(below(256))}.${String(below(256))}.${String(below(256))}`,
  };
  if (sample.body !== undefined) headers["Content-Type"] = "application/json";
  const where = random();
  if (where < 0.5) {
    path = mendPath(path);
    if (sample.body !== undefined) body = JSON.stringify(mend(sample.body));
  } else if (where < 0.72 && sample.body !== undefined) body = JSON.stringify(mutateJson(sample.body)) ?? "";
  else if (where < 0.78 && sample.body !== undefined) body = mutateText(body);
  else if (where < 0.92) {
    path = `/${mutateText(path.slice(1)).replaceAll(/[\s#]/g, "")}`;
    alone = true;
  } else {
    const [name, value] = oneOf<readonly [string, string]>(
      [
        ["Accept", "application/x-protobuf"],
        ["Accept", "a/b;q=z, ,;;"],
        ["Accept-Encoding", "br;q=0.1, gzip;q=9, *"],
        ["If-None-Match", '*, W/"", "x'],
        ["Content-Type", "application/x-protobuf"],
        ["Content-Encoding", "gzip"],
        ["Idempotency-Key", "k".repeat(below(300))],
        ["Authorization", `Bearer ${credential.slice(0, below(credential.length))}`],
        ["Origin", "null"],
        ["X-Forwarded-For", "::,1.2.3.4, x"],
      ],
      ["Accept", "*/*"],
    );
    headers[name] = value;
    authenticated = name !== "Authorization";
    alone = true;
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length =
    body === "" && sample.body === undefined ? "" : `Content-Length: ${String(Buffer.byteLength(body))}\r\n`;
  const bytes = Buffer.from(`${sample.method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`);
  return { bytes, authenticated, alone };
}
