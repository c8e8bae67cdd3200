#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the equations of math.md numerically, one by one, in NumPy and SciPy; it shares no code with the engine.

    docs/check_math.py [small.npz]

Without an argument it draws a small data set and compares every form with explicit N×D computations. With the golden
small.npz it uses those images and compares all curves in the file too. Prints one line a check; status 1 if one fails.
"""
import pathlib
import runpy
import sys
import numpy as np
import scipy.linalg as la
import scipy.stats

failures = 0
EPS = np.finfo(float).eps


def check(equation, what, error, bound):
    global failures
    ok = bool(error <= bound)
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {equation:>7}  {what:<68} {error:9.2e}  bound {bound:.0e}")


def rel(a, b):
    return np.max(np.abs(np.asarray(a) - b)) / np.max(np.abs(b))


def groups_of(shape, p, separate=False):
    c, h, w = shape
    patch = (np.arange(h) // p)[:, None] * (-(-w // p)) + (np.arange(w) // p)[None, :]
    ids = np.broadcast_to(patch, (c, h, w)).copy()
    if separate:
        ids += (np.arange(c) * (patch.max() + 1))[:, None, None]
    return ids.ravel()


# ---- the data -----------------------------------------------------------------------------------------------------
golden = np.load(sys.argv[1]) if len(sys.argv) > 1 else None
if golden is not None:
    images, labels, shape = golden["images"], golden["labels"], tuple(golden["image_shape"])
else:
    rng = np.random.default_rng(1)
    shape = (3, 8, 8)
    labels = rng.choice(5, 900, p=[.3, .25, .2, .15, .1])
    blur = la.toeplitz(.7 ** np.arange(8))
    waves = rng.normal(size=(900, 3, 8, 8)) + rng.normal(size=(5, 3, 8, 8))[labels]
    waves = blur @ waves @ blur
    images = np.clip(128 + 20 * waves, 0, 255).astype(np.uint8).reshape(900, -1)
    images[:, 5] = 7                   # a constant pixel
    images[:, 71] = images[:, 7]       # a duplicate, in another channel of the same pixel
N, D = images.shape
C = int(labels.max()) + 1
n_c = np.bincount(labels, minlength=C)

# ---- section 1: moments, centring, scale --------------------------------------------------------------------------
sums = np.array([int(v) for v in images.sum(0, dtype=np.int64)], dtype=object)
gram = images.astype(np.int64).T @ images.astype(np.int64)
onehot = np.eye(C, dtype=np.int64)[labels]
cross = images.astype(np.int64).T @ onehot
G_int = N * gram.astype(object) - np.outer(sums, sums)               # exact, Python integers
M_int = N * cross.astype(object) - np.outer(sums, n_c.astype(object))
scale2 = float(sum(G_int[i, i] for i in range(D))) / (float(N) ** 2 * D)  # global variance
G = G_int.astype(float) / N / scale2
M = M_int.astype(float) / N / np.sqrt(scale2)
X = images.astype(float) - images.mean(0)
deviation = X.std()
X = (X / deviation).T                                               # D×N
Y = onehot.T.astype(float)
check("(3)", "G from integers against X Xᵀ", rel(G, X @ X.T), 1e-12)
check("(3)", "M from integers against X Yᵀ", rel(M, X @ Y.T), 1e-12)
check("(5)", "trace of the scaled G is N·D", abs(np.trace(G) / (N * D) - 1), 1e-12)
check("(5)", "global standard deviation", abs(np.sqrt(scale2) / deviation - 1), 1e-12)

lam, P = la.eigh(G)
lam, P = lam[::-1], P[:, ::-1]
R = int(np.sum(lam > EPS * D * lam[0]))
energy = np.sum((P[:, :R].T @ M) ** 2 / lam[:R, None])


# ---- section 4: one decomposition a family ------------------------------------------------------------------------
def pivoted_cholesky(A, tolerance):
    """A[order][:, order] = L Lᵀ with L of n × rank; stops when the largest remaining diagonal is below the tolerance."""
    n = len(A)
    A, order, L = A.copy(), np.arange(n), np.zeros((n, n))
    for k in range(n):
        p = k + int(np.argmax(np.diag(A)[k:]))
        if A[p, p] <= tolerance:
            return order, L[:, :k]
        for m in (A, A.T, L):
            m[[k, p]] = m[[p, k]]
        order[[k, p]] = order[[p, k]]
        L[k, k] = np.sqrt(A[k, k])
        L[k + 1:, k] = A[k + 1:, k] / L[k, k]
        A[k + 1:, k + 1:] -= np.outer(L[k + 1:, k], L[k + 1:, k])
    return order, L


class Family:
    """B = L_B L_Bᵀ, Θ, U, Q and E of equations (18) to (21)."""

    def __init__(self, ids, structure=None):
        structure = G if structure is None else structure
        solve, self.product = [], []
        rank = 0
        for g in range(ids.max() + 1):
            members = np.flatnonzero(ids == g)
            order, L = pivoted_cholesky(structure[np.ix_(members, members)], EPS * D * lam[0])
            k = L.shape[1]
            solve.append((members[order[:k]], L[:k], rank))
            self.product.append((members[order], L, rank))
            rank += k
        self.n = rank
        self.solve = solve
        W = self.apply_inverse(self.apply_inverse(G).T).T
        theta, U = la.eigh((W + W.T) / 2)
        keep = np.argsort(theta)[::-1][:R]
        self.theta, self.U = theta[keep], U[:, keep]
        self.Q = np.zeros((D, R))
        for rows, L, at in self.product:
            self.Q[rows] = L @ self.U[at:at + L.shape[1]]
        self.E = self.theta[:, None] * (self.Q.T @ self.Q) * self.theta
        self.UM = self.U.T @ self.apply_inverse(M)

    def product_of_factor(self):
        """L_B L_Bᵀ."""
        B = np.zeros((D, D))
        for rows, L, _ in self.product:
            B[np.ix_(rows, rows)] = L @ L.T
        return B

    def apply_inverse(self, A):
        out = np.empty((self.n, A.shape[1]))
        for rows, L, at in self.solve:
            out[at:at + len(rows)] = la.solve_triangular(L, A[rows], lower=True)
        return out

    def apply_inverse_transposed(self, A):
        out = np.zeros((D, A.shape[1]))
        for rows, L, at in self.solve:
            out[rows] = la.solve_triangular(L, A[at:at + len(rows)], lower=True, trans="T")
        return out


def refine_tail(f, w, mu, Z):
    """Rayleigh–Ritz on the trailing columns of Z, by the factor K of H = KᵀK."""
    k = np.count_nonzero(mu > 1e-8 * mu[0])
    F = f.Q @ ((f.theta * w)[:, None] * Z[:, k:])
    mu2, W = la.eigh(F.T @ F)
    return np.append(mu[:k], mu2[::-1]), np.hstack([Z[:, :k], Z[:, k:] @ W[:, ::-1]])


def sweep_family(f, s, tau, a, b, mode="standard"):
    """Every curve of one strength, from the family: no N×D and no further D×D product with G."""
    w = 1 / np.sqrt(a * f.theta + b)
    if mode == "accurate":
        _, sigma, Zt = la.svd(f.Q * (f.theta * w))
        mu, Z = sigma ** 2, Zt.T
    else:
        mu, Z = la.eigh(w[:, None] * f.E * w, driver="evd")           # divide and conquer
        mu, Z = mu[::-1], Z[:, ::-1]
        if mode == "refined":
            mu, Z = refine_tail(f, w, mu, Z)
    VGV = Z.T @ ((f.theta * w * w)[:, None] * Z)
    T0 = Z.T @ (w[:, None] * f.UM)                                   # VᵀM
    return curves(VGV, T0, mu, s, tau) | {"V": f.apply_inverse_transposed(f.U @ (w[:, None] * Z)), "mu": mu}


def curves(VGV, VM, mu, s, tau):
    unit = 1 / np.sqrt(np.diag(VGV))
    L = la.cholesky(unit[:, None] * VGV * unit, lower=True)
    T = la.solve_triangular(L, unit[:, None] * VM, lower=True)
    Linv = la.solve_triangular(L, np.diag(unit), lower=True)
    total = N * D
    gain = s * s / tau
    return {
        "alignment": np.cumsum((T ** 2).sum(1)) / energy,
        "alignment_figure": 100 * np.sqrt(np.cumsum(T ** 2 @ n_c) / np.sum(T ** 2 @ n_c)),
        "noisy": gain * np.cumsum((VM ** 2).sum(1)) / energy,
        "denoise": 1 - gain * np.cumsum(mu) / total,
        "clean": 1 - (2 * s / tau * np.cumsum(mu) - (s / tau) ** 2 * np.cumsum(mu * np.diag(VGV))) / total,
        "refit": 1 - np.cumsum(Linv ** 2 @ mu) / total,
    }


def same_group(ids):
    return ids[:, None] == ids[None, :]


NOISES = {}                                                          # name: (family, s, τ, a, b, E[X̃X̃ᵀ] explicitly)
whole = np.arange(D)
plain = Family(whole, np.eye(D))
NOISES["reconstruct"] = (plain, 1, 1, 1, 0, G)
for sigma in (0.1, 1):
    NOISES[f"gauss_{sigma}"] = (plain, 1, 1, 1, N * sigma ** 2, G + N * sigma ** 2 * np.eye(D))
for p in (1, 2, 4, 8):
    ids = groups_of(shape, p)
    family, B, P_ = Family(ids), np.where(same_group(ids), G, 0), ids.max() + 1
    for r in (.25, .5, .75, .9):
        s = 1 - r
        NOISES[f"mask_p{p}_r{r}"] = (family, s, s * s, 1, r / s, s * s * G + s * r * B)
    if P_ >= 4:
        m = P_ // 4
        s, t = m / P_, m * (m - 1) / (P_ * (P_ - 1))
        noise = (s, t, 1, (P_ - m) / (m - 1)) if m > 1 else (s, s, 0, 1)
        # two pixels of one group survive together with probability m/P, of two groups with m(m−1)/(P(P−1))
        NOISES[f"mae_p{p}_m{m}of{P_}"] = (family, *noise, t * (G - B) + s * B)
ids = groups_of(shape, 4, separate=True)
NOISES["maskch_p4_r0.5"] = (Family(ids), .5, .25, 1, 1, .25 * G + .25 * np.where(same_group(ids), G, 0))
NOISES["dropout_r0.5"] = (Family(whole), .5, .25, 1, 1, .25 * G + .25 * np.diag(np.diag(G)))

# ---- sections 2 to 4 against explicit N×D computations ------------------------------------------------------------
for name, (family, s, tau, a, b, S) in NOISES.items():
    mine = sweep_family(family, s, tau, a, b)
    V, mu, gain = mine["V"], mine["mu"], s * s / tau
    A1 = s * G
    structure = np.eye(D) if name.startswith("gauss") else family.product_of_factor()
    check("(11)", f"{name}: S from the table", rel(tau * (a * G + b * structure), S), 1e-12)
    # V/√τ is S-orthonormal and solves A₁A₁ᵀv = γμ S v
    Vs = V / np.sqrt(tau)
    check("(13)", f"{name}: VᵀSV = I", np.linalg.norm(Vs.T @ S @ Vs - np.eye(R), 2), 1e-8)
    residual = A1 @ (A1.T @ Vs) - S @ Vs * (gain * mu)
    check("(12)", f"{name}: A₁A₁ᵀV = SVμ",
          np.max(la.norm(residual, axis=0) / la.norm(Vs, axis=0)) / np.linalg.norm(A1, 2) ** 2, 1e-12)
    worst = dict.fromkeys(["alignment", "noisy", "denoise", "clean", "refit"], 0.0)
    for K in (1, 2, 5, R // 4, R // 2):
        Vk = Vs[:, :K]
        latent = X.T @ Vk                                            # N×K
        Qk, _ = la.qr(latent, mode="economic")
        explicit = {"alignment": la.norm(Y @ Qk) ** 2 / energy,
                    "noisy": la.norm(Vk.T @ A1 @ np.linalg.pinv(G) @ M) ** 2 / energy,   # VᵀE[X̃]Yᵀ, E[X̃] = A₁G⁺X
                    "refit": la.norm(X - X @ Qk @ Qk.T) ** 2 / (N * D)}
        Z = la.solve(Vk.T @ S @ Vk, Vk.T @ A1)                        # K×D, the least-squares decoder under noise
        explicit["denoise"] = (np.trace(G) - 2 * np.trace(Z @ A1.T @ Vk) + np.trace(Z.T @ Vk.T @ S @ Vk @ Z)) / (N * D)
        explicit["clean"] = la.norm(X - Z.T @ (Vk.T @ X)) ** 2 / (N * D)
        for quantity, value in explicit.items():
            worst[quantity] = max(worst[quantity], abs(mine[quantity][K - 1] - value))
    for quantity, number in zip(worst, ("(8)", "(14)", "(15)", "(16)", "(17)")):
        check(number, f"{name}: {quantity} against explicit N×D", worst[quantity], 1e-9)
    best = sweep_family(family, s, tau, a, b, mode="accurate")
    refined = sweep_family(family, s, tau, a, b, mode="refined")
    for number, other, bound in (("(25)", mine, 1e-6), ("(33)", refined, 1e-9)):
        check(number, f"{name}: SVD of the factor against eigenvectors of H{', refined' * (other is refined)}",
              max(np.max(np.abs(best[q] - other[q])) for q in ("alignment", "denoise", "clean", "refit")), bound)
    if golden is not None:
        for quantity, key in (("alignment", "alignment"), ("alignment_figure", "alignment_figure"),
                              ("denoise", "reconstruction_denoise"), ("clean", "reconstruction_clean"),
                              ("refit", "reconstruction_refit")):
            scale = 100 if quantity == "alignment_figure" else 1
            theirs = golden[f"{name}/{key}"]
            check("golden", f"{name}: {quantity}, all {R} K",
                  np.max(np.abs(best[quantity] - theirs[:R])) / scale, 1e-9)

# ---- section 5: checks by a sketch --------------------------------------------------------------------------------
family, s, tau, a, b, S = NOISES["mask_p4_r0.75"]
mine = sweep_family(family, s, tau, a, b)
V, mu = mine["V"] / np.sqrt(tau), mine["mu"] * s * s / tau
V = V + 1e-6 * np.random.default_rng(2).normal(size=V.shape) * la.norm(V, axis=0)   # spoiled, so that there is something to see
omega = np.random.default_rng(3).normal(size=(D, 32))
A1 = s * G
true = la.norm(A1 @ (A1.T @ V) - S @ V * mu, axis=0)
sketched = la.norm(((omega.T @ A1) @ A1.T) @ V - (omega.T @ S) @ V * mu, axis=0) / np.sqrt(32)
check("(27)", "residuals by a sketch, within a factor of 2 of the true ones", np.max(np.abs(np.log2(sketched / true))), 1)
defect = V.T @ S @ V - np.eye(R)
omega = omega[:R]
estimate = la.norm(V.T @ (S @ (V @ omega)) - omega) / np.sqrt(32)
check("(29)", "orthogonality by a sketch, at least half the spectral norm", np.linalg.norm(defect, 2) / estimate, 2)
check("(26)", "P(χ²₃₂ < 2)", scipy.stats.chi2.cdf(2, 32), 1e-13)

# ---- the limits of (34), and the proof of an exact Gram matrix, (35) -----------------------------------------------
norms = [np.linalg.norm(a * G + b * S0, 2) / ((a + b) * np.linalg.norm(G, 2)) for a, b, S0 in
         ((1, 9.0, np.where(ids[:, None] == ids[None, :], G, 0)) for ids in (groups_of(shape, 1), groups_of(shape, 4)))]
check("(34)", "‖aG + bB‖ ≤ (a + b)λ₁ for blocks B of G", max(norms), 1 + 1e-12)
rng = np.random.default_rng(4)
pixels = rng.integers(0, 256, size=(17, 40))
numbers = [int(x) for x in rng.integers(0, 2 ** 63, size=17)]
gram = [[int(sum(p * q)) for q in pixels.astype(object)] for p in pixels.astype(object)]
modulus = 2 ** 64
left = [sum(g * r for g, r in zip(row, numbers)) % modulus for row in gram]
right = [sum(int(x[i]) * sum(int(v) * r for v, r in zip(x, numbers)) for x in pixels.T) % modulus for i in range(17)]
check("(35)", "G⁰r = Σ x(xᵀr) modulo 2⁶⁴, rows that differ", sum(p != q for p, q in zip(left, right)), 0)
gram[3][5] += 1
wrong = sum(g * r for g, r in zip(gram[3], numbers)) % modulus
check("(35)", "the same with one entry off by one, rows that agree", float(wrong == right[3]), 0)

# ---- what goes beyond the curves of masks: parts that use the names of this file -------------------------------------
for part in ("noises", "objectives", "dual", "eigensolver"):
    runpy.run_path(str(pathlib.Path(__file__).with_name(f"check_math_{part}.py")), init_globals=globals())

print(f"{failures} failed" if failures else "all equations hold")
sys.exit(failures > 0)
