import { DOUBLE, DuckDBTableFunction, INTEGER, UTINYINT, VARCHAR } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";

export type ColumnArray = Int32Array | Float64Array | Uint8Array | readonly string[];

/** Rows held as one array for each column. */
export interface ColumnBlock {
  readonly rows: number;
  readonly columns: readonly ColumnArray[];
}

export interface NamedColumn {
  readonly name: string;
  readonly type: "INTEGER" | "DOUBLE" | "UTINYINT" | "VARCHAR";
}

/** DuckDB asks for this many rows at a time. */
const chunkRows = 2048;

/**
 * Makes `SELECT … FROM name()` read arrays as they lie in memory, in their order, block after block: a statement that
 * copies them to a file holds no second copy of them. The arrays must not change while it runs.
 */
export function registerColumns(
  connection: DuckDBConnection,
  name: string,
  columns: readonly NamedColumn[],
  blocks: readonly ColumnBlock[],
): void {
  const types: Readonly<Record<NamedColumn["type"], DuckDBType>> = { INTEGER, DOUBLE, UTINYINT, VARCHAR };
  let block = 0;
  let from = 0;
  connection.registerTableFunction(
    DuckDBTableFunction.create({
      name,
      bindFunction: (bind) => {
        for (const column of columns) bind.addResultColumn(column.name, types[column.type]);
      },
      initFunction: () => {
        block = 0;
        from = 0;
      },
      mainFunction: (_info, chunk) => {
        while (block < blocks.length && from >= (blocks[block]?.rows ?? 0)) {
          block++;
          from = 0;
        }
        const current = blocks[block];
        const size = current === undefined ? 0 : Math.min(chunkRows, current.rows - from);
        chunk.rowCount = size;
        current?.columns.forEach((array, index) => copy(chunk, index, array, from, size));
        from += size;
      },
    }),
  );
}

function copy(chunk: DuckDBDataChunk, index: number, array: ColumnArray, from: number, size: number): void {
  if (!ArrayBuffer.isView(array)) {
    chunk.setColumnValues(index, array.slice(from, from + size));
    return;
  }
  // Node-API takes shared memory for a buffer only since Node 24, and the engine also runs in older Electrons.
  const shared = array.buffer instanceof SharedArrayBuffer;
  const rows = shared ? array.slice(from, from + size) : array.subarray(from, from + size);
  bindings.copy_data_to_vector(
    bindings.data_chunk_get_vector(chunk.chunk, index),
    0,
    rows.buffer as ArrayBuffer,
    rows.byteOffset,
    rows.byteLength,
  );
}
