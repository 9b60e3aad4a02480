/** What needs DuckDB's library, which is loaded with its first use: it is large, and a workbench starts without it. */
export { DuckDBInstance, listValue } from "@duckdb/node-api";
export { bytesOfColumn } from "./column-bytes.ts";
export { registerColumns } from "./table-function.ts";
