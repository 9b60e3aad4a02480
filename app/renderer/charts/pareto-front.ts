export interface Measured {
  readonly x: number;
  readonly y: number;
}

/**
 * Those that nothing beats in both respects, from the best x on. A point that is equal in both to one of the front is on it
 * too.
 */
export function paretoFront<P extends Measured>(
  points: readonly P[],
  higherIsBetter: { readonly x: boolean; readonly y: boolean },
): readonly P[] {
  const gainX = ({ x }: Measured) => (higherIsBetter.x ? x : -x);
  const gainY = ({ y }: Measured) => (higherIsBetter.y ? y : -y);
  const fromBestX = [...points].sort((a, b) => gainX(b) - gainX(a) || gainY(b) - gainY(a));
  const front: P[] = [];
  for (const point of fromBestX) {
    const last = front.at(-1);
    const equal = last !== undefined && last.x === point.x && last.y === point.y;
    if (last === undefined || equal || gainY(point) > gainY(last)) front.push(point);
  }
  return front;
}
