// Eigenvalues and vectors of a symmetric matrix A [n × n] f64, n a multiple of 8: Householder's reflections to a tridiagonal T,
// implicit QL on T alone with its rotations written down, then the rotations and the reflections applied to the vectors, which
// any number of threads do side by side (components apart for the rotations, vectors apart for the reflections).

// @ts-ignore: decorator
@inline
function sumPair(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/**
 * row[from … n) −= a·w + b·v, then its product with `next` there; `from` even. A function of its own, called often, so that V8
 * replaces it by fast code early.
 */
export function updateAndMultiply(row: usize, v: usize, w: usize, a: f64, b: f64, next: usize, from: i32, n: i32): f64 {
  const end = (<usize>n) << 3;
  const as = f64x2.splat(a), bs = f64x2.splat(b);
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0);
  let k = (<usize>from) << 3;
  if (k & 16) {
    const x = f64x2.sub(v128.load(row + k), f64x2.add(f64x2.mul(as, v128.load(w + k)), f64x2.mul(bs, v128.load(v + k))));
    v128.store(row + k, x);
    s0 = f64x2.mul(x, v128.load(next + k));
    k += 16;
  }
  for (; k < end; k += 32) {
    const x = f64x2.sub(v128.load(row + k), f64x2.add(f64x2.mul(as, v128.load(w + k)), f64x2.mul(bs, v128.load(v + k))));
    const y = f64x2.sub(
      v128.load(row + k, 16), f64x2.add(f64x2.mul(as, v128.load(w + k, 16)), f64x2.mul(bs, v128.load(v + k, 16))),
    );
    v128.store(row + k, x);
    v128.store(row + k, y, 16);
    s0 = f64x2.add(s0, f64x2.mul(x, v128.load(next + k)));
    s1 = f64x2.add(s1, f64x2.mul(y, v128.load(next + k, 16)));
  }
  return sumPair(f64x2.add(s0, s1));
}

/**
 * A = Q T Qᵀ, both triangles of A given. `diagonal`, `beside` (T's, the last of `beside` 0) and `factors` [n]: Q is the product of the
 * reflections I − factors[k] v vᵀ, v left in row k of A from column k + 1 on, zero before. `vectors`: scratch [3 × n].
 */
export function tridiagonalise(a: usize, n: i32, diagonal: usize, beside: usize, factors: usize, vectors: usize): void {
  const stride = (<usize>n) << 3;
  const w = vectors, none = vectors + stride, product = none + stride;
  memory.fill(vectors, 0, 3 * stride);
  // The reflection before this one, still to be taken off the rows below.
  let v = none;
  for (let k = 0; k < n; k++) {
    const row = a + (<usize>k) * stride;
    const at = (<usize>k) << 3;
    // v[k] is 1 or, before the first, 0; rows k and below are brought up to date when they are needed.
    updateAndMultiply(row, v, w, load<f64>(v + at), load<f64>(w + at), none, k & ~1, n);
    store<f64>(diagonal + at, load<f64>(row + at));
    let squares: f64 = 0;
    for (let j = k + 2; j < n; j++) {
      const x = load<f64>(row + ((<usize>j) << 3));
      squares += x * x;
    }
    memory.fill(row, 0, at + 8);
    let factor: f64 = 0;
    let first: f64 = 0;
    if (k + 1 < n) {
      first = load<f64>(row + at, 8);
      if (squares > 0) {
        const length = Math.sqrt(first * first + squares);
        const reflected = first > 0 ? -length : length;
        factor = (reflected - first) / reflected;
        const scale = 1 / (first - reflected);
        for (let j = k + 2; j < n; j++) {
          const x = row + ((<usize>j) << 3);
          store<f64>(x, load<f64>(x) * scale);
        }
        first = reflected;
      } else {
        for (let j = k + 2; j < n; j++) store<f64>(row + ((<usize>j) << 3), 0);
      }
      store<f64>(row + at, 1, 8);
    }
    store<f64>(beside + at, first);
    store<f64>(factors + at, factor);
    // p = factor·A v over the rows below, as they are once the reflection before has been taken off them.
    let inner: f64 = 0;
    for (let i = k + 1; i < n; i++) {
      const own = (<usize>i) << 3;
      const p = factor * updateAndMultiply(
        a + (<usize>i) * stride, v, w, load<f64>(v + own), load<f64>(w + own), row, (k + 1) & ~1, n,
      );
      store<f64>(product + own, p);
      inner += p * load<f64>(row + own);
    }
    const half = 0.5 * factor * inner;
    for (let i = k + 1; i < n; i++) {
      const own = (<usize>i) << 3;
      store<f64>(w + own, load<f64>(product + own) - half * load<f64>(row + own));
    }
    store<f64>(w + at, 0);
    v = row;
  }
}

/**
 * QL on T: `diagonal` becomes the eigenvalues, in no order. The rotations are written to `rotations` (a sweep: where it starts and how
 * many, two f64, then cosine and sine of each), at most `room` f64. Returns the number of f64 written, −1 if it did not converge in
 * that room.
 */
function qlRotations(diagonal: usize, beside: usize, n: i32, rotations: usize, room: i32): i32 {
  let scale: f64 = 0;
  for (let k: usize = 0; k < (<usize>n) << 3; k += 8) {
    scale = Math.max(scale, Math.abs(load<f64>(diagonal + k)) + Math.abs(load<f64>(beside + k)));
  }
  if (!(scale < Infinity)) return -1;
  const small = scale * 2.220446049250313e-16;
  let written = 0;
  for (let l = 0; l < n; l++) {
    const low = (<usize>l) << 3;
    while (true) {
      let m = l;
      while (m < n - 1 && Math.abs(load<f64>(beside + ((<usize>m) << 3))) > small) m++;
      if (m === l) break;
      if (written + 2 + 2 * (m - l) > room) return -1;
      const header = rotations + ((<usize>written) << 3);
      written += 2;
      const d = load<f64>(diagonal + low), e = load<f64>(beside + low);
      let g = (load<f64>(diagonal + low, 8) - d) / (2 * e);
      let r = Math.sqrt(g * g + 1);
      g = load<f64>(diagonal + ((<usize>m) << 3)) - d + e / (g + (g >= 0 ? r : -r));
      let s: f64 = 1, c: f64 = 1, p: f64 = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const at = (<usize>i) << 3;
        const f = s * load<f64>(beside + at), b = c * load<f64>(beside + at);
        r = Math.sqrt(f * f + g * g);
        store<f64>(beside + at, r, 8);
        if (r === 0) {
          store<f64>(diagonal + at, load<f64>(diagonal + at, 8) - p, 8);
          break;
        }
        s = f / r;
        c = g / r;
        g = load<f64>(diagonal + at, 8) - p;
        r = (load<f64>(diagonal + at) - g) * s + 2 * c * b;
        p = s * r;
        store<f64>(diagonal + at, g + p, 8);
        g = c * r - b;
        const to = rotations + ((<usize>written) << 3);
        store<f64>(to, c);
        store<f64>(to, s, 8);
        written += 2;
      }
      store<f64>(header, <f64>m);
      store<f64>(header, <f64>(m - 1 - i), 8);
      if (i < l) {
        store<f64>(diagonal + low, load<f64>(diagonal + low) - p);
        store<f64>(beside + low, g);
      }
      store<f64>(beside + ((<usize>m) << 3), 0);
    }
  }
  return written;
}

/** `qlRotations`, its result to `state` (i32). */
export function tridiagonalQl(diagonal: usize, beside: usize, n: i32, rotations: usize, room: i32, state: usize): void {
  store<i32>(state, qlRotations(diagonal, beside, n, rotations, room));
}

/** One sweep's rotations of eight components of all vectors: [n][8] f64. */
export function rotatePanel(z: usize, rotations: usize, start: i32, count: i32): void {
  let row = z + ((<usize>start) << 6);
  let f0 = v128.load(row), f1 = v128.load(row, 16), f2 = v128.load(row, 32), f3 = v128.load(row, 48);
  const end = rotations + ((<usize>count) << 4);
  for (let at = rotations; at < end; at += 16) {
    const c = v128.load64_splat(at), s = v128.load64_splat(at, 8);
    const z0 = v128.load(row - 64), z1 = v128.load(row - 48), z2 = v128.load(row - 32), z3 = v128.load(row - 16);
    v128.store(row, f64x2.add(f64x2.mul(s, z0), f64x2.mul(c, f0)));
    v128.store(row, f64x2.add(f64x2.mul(s, z1), f64x2.mul(c, f1)), 16);
    v128.store(row, f64x2.add(f64x2.mul(s, z2), f64x2.mul(c, f2)), 32);
    v128.store(row, f64x2.add(f64x2.mul(s, z3), f64x2.mul(c, f3)), 48);
    f0 = f64x2.sub(f64x2.mul(c, z0), f64x2.mul(s, f0));
    f1 = f64x2.sub(f64x2.mul(c, z1), f64x2.mul(s, f1));
    f2 = f64x2.sub(f64x2.mul(c, z2), f64x2.mul(s, f2));
    f3 = f64x2.sub(f64x2.mul(c, z3), f64x2.mul(s, f3));
    row -= 64;
  }
  v128.store(row, f0);
  v128.store(row, f1, 16);
  v128.store(row, f2, 32);
  v128.store(row, f3, 48);
}

/** The components [8·panel, 8·panel + 8) of T's eigenvectors, vector after vector, into panel `panel` of `z`: [n / 8][n][8] f64. */
export function rotateVectors(z: usize, n: i32, panel: i32, rotations: usize, state: usize): void {
  const own = z + ((<usize>panel) * (<usize>n) << 6);
  memory.fill(own, 0, (<usize>n) << 6);
  for (let component = 0; component < 8; component++) {
    store<f64>(own + ((<usize>(panel * 8 + component)) << 6) + ((<usize>component) << 3), 1);
  }
  const written = load<i32>(state);
  for (let at = 0; at < written;) {
    const sweep = rotations + ((<usize>at) << 3);
    const count = <i32>load<f64>(sweep, 8);
    rotatePanel(own, sweep + 16, <i32>load<f64>(sweep), count);
    at += 2 + 2 * count;
  }
}

/** One reflection of four vectors, `stride` bytes apart, from component `from` (even) on. */
export function reflectFour(x: usize, stride: usize, v: usize, factor: f64, from: i32): void {
  const y = x + stride, z = y + stride, u = z + stride;
  let sx = f64x2.splat(0), sy = f64x2.splat(0), sz = f64x2.splat(0), su = f64x2.splat(0);
  for (let k = (<usize>from) << 3; k < stride; k += 16) {
    const own = v128.load(v + k);
    sx = f64x2.add(sx, f64x2.mul(own, v128.load(x + k)));
    sy = f64x2.add(sy, f64x2.mul(own, v128.load(y + k)));
    sz = f64x2.add(sz, f64x2.mul(own, v128.load(z + k)));
    su = f64x2.add(su, f64x2.mul(own, v128.load(u + k)));
  }
  const fx = f64x2.splat(factor * sumPair(sx)), fy = f64x2.splat(factor * sumPair(sy));
  const fz = f64x2.splat(factor * sumPair(sz)), fu = f64x2.splat(factor * sumPair(su));
  for (let k = (<usize>from) << 3; k < stride; k += 16) {
    const own = v128.load(v + k);
    v128.store(x + k, f64x2.sub(v128.load(x + k), f64x2.mul(own, fx)));
    v128.store(y + k, f64x2.sub(v128.load(y + k), f64x2.mul(own, fy)));
    v128.store(z + k, f64x2.sub(v128.load(z + k), f64x2.mul(own, fz)));
    v128.store(u + k, f64x2.sub(v128.load(u + k), f64x2.mul(own, fu)));
  }
}

/** The vectors [from, to) (a multiple of four of them) of A from T's in `z`: into `out`, a row of n each. */
export function reflectVectors(a: usize, n: i32, factors: usize, z: usize, from: i32, to: i32, out: usize): void {
  const stride = (<usize>n) << 3;
  const panelBytes = stride << 3;
  for (let vector = from; vector < to; vector += 4) {
    const rows = out + (<usize>vector) * stride;
    for (let own: usize = 0; own < 4; own++) {
      let panel = z + ((<usize>vector + own) << 6);
      for (let k: usize = 0; k < stride; k += 64) {
        memory.copy(rows + own * stride + k, panel, 64);
        panel += panelBytes;
      }
    }
    for (let k = n - 1; k >= 0; k--) {
      const factor = load<f64>(factors + ((<usize>k) << 3));
      if (factor !== 0) reflectFour(rows, stride, a + (<usize>k) * stride, factor, (k + 1) & ~1);
    }
  }
}
