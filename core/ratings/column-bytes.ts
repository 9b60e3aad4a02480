import type { DuckDBDataChunk } from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";

/** Where the numbers of a chunk's column without NULLs lie: the arguments of a typed array of elements of `width` bytes. */
export function bytesOfColumn(chunk: DuckDBDataChunk, column: number, width: number): [ArrayBuffer, number, number] {
  const { rowCount } = chunk;
  const bytes = bindings.vector_get_data(bindings.data_chunk_get_vector(chunk.chunk, column), rowCount * width);
  // DuckDB's vectors are aligned; a copy is needed only should that ever change.
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return [aligned.buffer as ArrayBuffer, aligned.byteOffset, rowCount];
}
