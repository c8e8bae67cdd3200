#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the equations of math.md numerically, one by one, in NumPy and SciPy; it shares no code with the engine.

    docs/check_math.py [small.npz]

Without an argument it draws a small data set and compares every form with explicit N×D computations. With the golden
small.npz it uses those images and compares all curves in the file too. Prints one line a check; status 1 if one fails.
"""
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

# ---- any masks, any covariance: (45) to (54) -----------------------------------------------------------------------


def tabled(first, S, representation=None):
    """Every curve of A₁ = diag(first)G and any S, from the principal components."""
    rank = representation or R
    order, L = pivoted_cholesky(S, EPS * D * np.max(np.diag(S)))
    rows, tri = order[:L.shape[1]], L[:L.shape[1]]

    def solve(A):
        return la.solve_triangular(tri, A[rows], lower=True)
    Pr, lr = P[:, :R], lam[:R]
    q, w = solve(first[:, None] * Pr), solve(Pr)
    _, sigma, Zt = la.svd(q * lr, full_matrices=False)
    mu, Z = sigma[:rank] ** 2, Zt.T[:, :rank]
    U = q @ (lr[:, None] * Z)
    U /= la.norm(U, axis=0)
    V = np.zeros((D, rank))
    V[rows] = la.solve_triangular(tri, U, lower=True, trans="T")
    y = np.sqrt(lr)[:, None] * (w.T @ U)
    power = la.norm(y, axis=0)
    LY = la.cholesky((y / power).T @ (y / power), lower=True)
    T = la.solve_triangular(LY, (U.T @ solve(M)) / power[:, None], lower=True)
    Tx = la.solve_triangular(LY, (U.T @ w) / power[:, None], lower=True) * lr
    t = first.mean()
    cross = (la.norm(lr[:, None] * ((q + t * w).T @ U), axis=0) ** 2 - mu
             - t ** 2 * la.norm(lr[:, None] * (w.T @ U), axis=0) ** 2) / (2 * t)
    total = N * D
    return {"V": V, "mu": mu, "cross": cross, "alignment": np.cumsum((T ** 2).sum(1)) / energy,
            "noisy": np.cumsum(((U.T @ solve(first[:, None] * M)) ** 2).sum(1)) / energy,
            "denoise": 1 - np.cumsum(mu) / total, "clean": 1 - np.cumsum(2 * cross - mu * power ** 2) / total,
            "refit": 1 - np.cumsum((Tx ** 2).sum(1)) / total}


rng = np.random.default_rng(5)
ids = groups_of(shape, 2)
patches = ids.max() + 1
sampled = (rng.random((300, patches)) < np.linspace(.2, .9, patches)).astype(float)
sampled *= rng.random((300, 1)) < .8                                  # all hidden now and then: patches hang together
sampled[:, 3] = 0                                                    # and one is never shown
seen = images[:, ids != 3]
B1 = rng.normal(size=(D, 3))
TABLES = {"masks": (sampled.mean(0)[ids], (sampled.T @ sampled / 300)[np.ix_(ids, ids)] * G,
                    np.linalg.matrix_rank(seen - seen.mean(0))),
          "coloured": (np.ones(D), G + N * (.1 * B1 @ B1.T + .05 * np.eye(D)), None),
          "coloured, rank 3": (np.ones(D), G + N * .2 * B1 @ B1.T, None)}
S0, A0 = np.zeros((D, D)), np.zeros((D, D))
for mask in sampled[:40]:
    S0 += (mask[ids][:, None] * X) @ (mask[ids][:, None] * X).T / 40
    A0 += (mask[ids][:, None] * X) @ X.T / 40
few = sampled[:40]
check("(45)", "S of 40 masks against explicit masked images",
      rel((few.T @ few / 40)[np.ix_(ids, ids)] * G, S0), 1e-12)
check("(45)", "A₁ likewise", rel(few.mean(0)[ids][:, None] * G, A0), 1e-12)
noise = la.cholesky(.1 * B1 @ B1.T + .05 * np.eye(D)).T
added = (rng.normal(size=(D, 1000)) for _ in range(100))
check("(46)", "covariance of added noise, 100,000 draws", rel(sum(noise @ a @ a.T @ noise.T for a in added) / 1e5,
                                                          noise @ noise.T), 2e-2)
spread = np.array([sampled[rng.integers(0, 300, 100)].mean(0) for _ in range(4000)]).std(0)
expected = np.sqrt(sampled.mean(0) * (1 - sampled.mean(0)) / 100)
check("(47)", "standard error of p, from 4,000 repetitions", np.max(np.abs(spread - expected)), 5e-3)
for name, (first, S, representation) in TABLES.items():
    mine = tabled(first, S, representation)
    V, mu, A1 = mine["V"], mine["mu"], first[:, None] * G
    check("(50)", f"{name}: VᵀSV = I", np.linalg.norm(V.T @ S @ V - np.eye(len(mu)), 2), 1e-6)
    residual = A1 @ (A1.T @ V) - S @ V * mu
    check("(50)", f"{name}: A₁A₁ᵀV = SVμ",
          np.max(la.norm(residual, axis=0) / la.norm(V, axis=0)) / np.linalg.norm(A1, 2) ** 2, 1e-12)
    check("(53)", f"{name}: vᵀA₁Gv", np.max(np.abs(mine["cross"] - np.sum(V * (A1 @ (G @ V)), axis=0))) / lam[0], 1e-10)
    worst = dict.fromkeys(["alignment", "noisy", "denoise", "clean", "refit"], 0.0)
    for K in (1, 2, 5, R // 4, R // 2, len(mu)):
        Vk = V[:, :K]
        Qk, _ = la.qr(X.T @ Vk, mode="economic")
        explicit = {"alignment": la.norm(Y @ Qk) ** 2 / energy,
                    "noisy": la.norm((Vk.T * first) @ X @ Y.T) ** 2 / energy,
                    "refit": la.norm(X - X @ Qk @ Qk.T) ** 2 / (N * D)}
        Z = la.solve(Vk.T @ S @ Vk, Vk.T @ A1)
        explicit["denoise"] = (np.trace(G) - 2 * np.trace(Z @ A1.T @ Vk) + np.trace(Z.T @ Vk.T @ S @ Vk @ Z)) / (N * D)
        explicit["clean"] = la.norm(X - Z.T @ (Vk.T @ X)) ** 2 / (N * D)
        for quantity, value in explicit.items():
            worst[quantity] = max(worst[quantity], abs(mine[quantity][K - 1] - value))
    for quantity, number in zip(worst, ("(51)", "(54)", "(15)", "(52)", "(51)")):
        check(number, f"{name}: {quantity} against explicit N×D", worst[quantity], 1e-9)
# ---- section 9: impact --------------------------------------------------------------------------------------------
lam_all, P_all = np.linalg.eigh(G)
lam, P = lam_all[::-1][:R], P_all[:, ::-1][:, :R]
Q0, _ = la.qr(X.T @ P, mode="economic")                              # N×R, the principal components
for name in ("mask_p4_r0.75", "dropout_r0.5", "gauss_1"):
    family, s, tau, a, b, S = NOISES[name]
    V = sweep_family(family, s, tau, a, b)["V"]
    V = V / np.sqrt(np.einsum("ij,ij->j", V, G @ V))
    E = la.solve_triangular(la.cholesky(V.T @ G @ V, lower=True), V.T, lower=True)
    O = E @ (P * np.sqrt(lam))
    check("(65)", f"{name}: O is orthogonal", np.linalg.norm(O @ O.T - np.eye(R), 2), 1e-7)
    Q1, _ = la.qr(X.T @ V, mode="economic")
    rng = np.random.default_rng(5)
    for K in (1, 5, R // 2, R - 2):
        sines = np.sin(la.subspace_angles(Q1[:, :K], Q0[:, :K]))
        check("(66)", f"{name}: Σ sin²θ at K = {K}", abs(np.sum(O[:K, K:] ** 2) - np.sum(sines ** 2)), 1e-8)
        check("(67)", f"{name}: sin θ_max at K = {K}", abs(np.linalg.norm(O[:K, K:], 2) - sines.max()), 1e-8)
        change = Q1[:, :K] @ Q1[:, :K].T - Q0[:, :K] @ Q0[:, :K].T
        ys = rng.normal(size=(200, Q0.shape[0])) @ Q0 @ Q0.T
        change_of = lambda y: np.abs(np.einsum("ij,jk,ik->i", y, change, y)) / np.sum(y ** 2, axis=1)
        check("(67)", f"{name}: 200 random targets change by no more", max(0, change_of(ys).max() - sines.max()), 1e-12)
        best = np.linalg.eigh(change)[1][:, -1:].T
        check("(67)", f"{name}: and the first eigenvector by as much", abs(change_of(best)[0] - sines.max()), 1e-8)
# B with more directions than G: twelve samples of eight pairs, masks of single coordinates
few = np.random.default_rng(6).normal(size=(16, 12)) * np.linspace(3, .3, 16)[:, None]
few -= few.mean(1, keepdims=True)
Gf = few @ few.T
Bf = np.diag(np.diag(Gf))
lf, Pf = np.linalg.eigh(Gf)
lf, Pf, Nf = lf[::-1][:11], Pf[:, ::-1][:, :11], Pf[:, ::-1][:, 11:]
schur = Pf.T @ Bf @ Pf - Pf.T @ Bf @ Nf @ np.linalg.solve(Nf.T @ Bf @ Nf, Nf.T @ Bf @ Pf)
root = np.sqrt(np.diag(Bf))
tf, Uf = np.linalg.eigh(Gf / np.outer(root, root))
A = Pf.T @ (root[:, None] * Uf[:, ::-1][:, :11])
check("(68)", "B̃ = AAᵀ is the Schur complement of B on G's range", rel(A @ A.T, schur), 1e-10)
vf = la.eigh(Gf @ Gf, Gf + 2 * Bf)[1][:, ::-1][:, :3]
for form, Bt, sign in (("B̃", schur, 1), ("PᵀBP", Pf.T @ Bf @ Pf, -1)):
    wf = la.eigh(np.diag(lf ** 2), np.diag(lf) + 2 * Bt)[1][:, ::-1][:, :3]
    angle = np.sin(la.subspace_angles(few.T @ vf, few.T @ Pf @ wf)).max()
    check("(68)", f"the pencil with {form}: {'the same subspace' if sign > 0 else 'another one'}",
          angle if sign > 0 else 1e-3 / angle, 1e-6 if sign > 0 else 1)
turned = np.diag(lf) + 2 * schur
check("(69)", "‖aΛ + bB̃‖² from sums", abs(np.sum(lf ** 2) + 4 * np.sum(lf * np.diag(schur)) + 4 * np.sum(schur ** 2)
                                          - np.sum(turned ** 2)) / np.sum(turned ** 2), 1e-12)

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

# ---- section 12: probes at every K against least squares and ridge regression solved anew --------------------------
held_out = (golden["test_images"] if golden is not None else images[:200]).astype(float)
xs = ((held_out - images.mean(0)) / deviation).T                    # D×b
for name in ("reconstruct", "mask_p4_r0.75"):
    family, s, tau, a, b, S = NOISES[name]
    V = sweep_family(family, s, tau, a, b)["V"]
    V = V / np.sqrt(np.diag(V.T @ G @ V))
    L = la.cholesky(V.T @ G @ V, lower=True)
    E = la.solve_triangular(L, V.T, lower=True)
    grid = [max(1, R * i // 10) for i in range(1, 11)]
    for alpha in (0, 1e-3, 1):
        La = la.cholesky(np.eye(R) + alpha * N * E @ E.T, lower=True)
        Ea = la.solve_triangular(La, E, lower=True)
        T = Ea @ M
        logits = n_c[:, None] / N
        weights, training, apart, off = 0, np.ones(R), 0.0, 0.0
        for k in range(R):
            logits = logits + np.outer(T[k], Ea[k] @ xs)
            weights = weights + np.outer(Ea[k], T[k])
            training[k] = 1 - np.sum(T[:k + 1] ** 2) / N - alpha * la.norm(weights) ** 2
            if k + 1 not in grid:
                continue
            code = np.vstack([V[:, :k + 1].T @ X, np.ones(N)])
            penalty = np.zeros((k + 2, k + 2))
            penalty[:-1, :-1] = alpha * N * V[:, :k + 1].T @ V[:, :k + 1]
            if alpha:
                W = la.solve(code @ code.T + penalty, code @ Y.T)
            else:
                W = np.linalg.lstsq(code.T, Y.T, rcond=None)[0]
            explicit = W.T @ np.vstack([V[:, :k + 1].T @ xs, np.ones(xs.shape[1])])
            apart = max(apart, np.max(np.abs(explicit - logits)))
            off = max(off, abs(la.norm(W[:-1].T @ code[:-1] - Y) ** 2 / N - training[k]))
        check("(87)" if alpha else "(71)", f"{name}: logits at ten K solved anew, α = {alpha}", apart, 1e-8)
        check("(88)" if alpha else "(72)", f"{name}: training error at ten K, α = {alpha}", off, 1e-10)
        if golden is not None and not alpha:
            found = n_c[:, None] / N + np.cumsum(T[:, :, None] * (Ea @ xs)[:, None, :], axis=0)
            correct = np.sum(np.argmax(found, axis=1) == golden["test_labels"], axis=1)
            check("golden", f"{name}: correct predictions, all {R} K",
                  np.max(np.abs(correct - golden[f"{name}/probe_correct"])), 0)

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

# ---- sections 10 and 11: bands and learning time -------------------------------------------------------------------
K = int(np.searchsorted(np.cumsum(lam[:R]), .75 * lam[:R].sum())) + 1
q, t = P[:, :R].T @ X / np.sqrt(lam[:R, None]), P[:, :R].T @ M / np.sqrt(lam[:R, None])
top = P[:, :K] @ (P[:, :K].T @ X)
check("(75)", "top 0.75 holds 0.75 of the variance, and one direction fewer does not",
      float(not la.norm(top) ** 2 >= .75 * la.norm(X) ** 2 > lam[:K - 1].sum()), 0)
bottom = X - top
check("(77)", "both bands of a cut add up to the sample; they are uncorrelated", np.max(np.abs(top @ bottom.T)) / lam[0], 1e-12)
for name, part in (("top", slice(0, K)), ("bottom", slice(K, R))):
    band = top if name == "top" else bottom
    Z = np.vstack([np.ones(N), P[:, part].T @ band])
    fitted = (np.linalg.lstsq(Z.T, Y.T, rcond=None)[0].T) @ Z
    check("(79)", f"least squares with intercept on the {name} band", np.max(np.abs(fitted - (n_c / N)[:, None] - t[part].T @ q[part])), 1e-10)
    left = la.norm(fitted - Y) ** 2 / (N - (n_c ** 2).sum() / N)
    check("(78)", f"training error of the {name} band", abs(1 - (t[part] ** 2).sum() / (N - (n_c ** 2).sum() / N) - left), 1e-10)
a0, steps, rates = 1e-3, 40000, lam[:6] / lam[0]      # gradient descent on six directions, in rotated coordinates
turn = la.qr(np.random.default_rng(5).normal(size=(6, 6)))[0]
g6, W = turn @ np.diag(rates) @ turn.T, np.sqrt(a0) * la.qr(np.random.default_rng(6).normal(size=(6, 6)))[0]
W1, W2, eta, worst = W, W.T, 5e-4, 0
for step in range(steps):
    if step % 500 == 0:
        time = step * 2 * eta / np.log(1 / a0 - 1)    # (84) with λ₁/N = 1
        s_k = 1 / (1 + (1 / a0 - 1) ** (1 - time * rates))
        worst = max(worst, np.max(np.abs(turn.T @ W2 @ W1 @ turn - np.diag(s_k))))
        seen = np.trace((np.eye(6) - W2 @ W1) @ g6 @ (np.eye(6) - W2 @ W1).T) / rates.sum()
        worst = max(worst, abs(seen - 1 + (rates * (1 - (1 - s_k) ** 2)).sum() / rates.sum()))
    error = (np.eye(6) - W2 @ W1) @ g6
    W1, W2 = W1 + eta * W2.T @ error, W2 + eta * error @ W1.T
check("(80)", "strengths and the inputs' energy (81) under gradient descent, steps (84)", worst, 5e-3)
# ---- the joint objective -------------------------------------------------------------------------------------------
F = (P[:, :R].T @ M / np.sqrt(lam[:R, None])).T
L_F = lam[:R]
gaps, losses = [], []
for weight in (0.01, 1.0, 100.0):
    mu_j, H = la.eigh(F.T @ F + weight * np.diag(L_F))
    mu_j, H = mu_j[::-1], H[:, ::-1]
    V_j = P[:, :R] / np.sqrt(L_F) @ H
    for k in (1, C - 1, C + 3, R // 2):
        V = V_j[:, :k]
        W, Z = la.solve(V.T @ G @ V, V.T @ M), la.solve(V.T @ G @ V, V.T @ G)
        first, second = la.norm(W.T @ V.T @ X - Y) ** 2, la.norm(Z.T @ V.T @ X - X) ** 2
        losses.append(abs((first + weight * second) / (N + weight * N * D - mu_j[:k].sum()) - 1))
        gaps.append(abs(first / (N - la.norm(F @ H[:, :k]) ** 2) - 1))
        gaps.append(abs(second / (N * D - np.sum(L_F[:, None] * H[:, :k] ** 2)) - 1))
check("(37)", "L = ‖Y‖² + λ‖X‖² − Σμ against W, V, Z and the samples", max(losses), 1e-9)
check("(37)", "both losses from H alone", max(gaps), 1e-9)
weight = 1.0
mu_j, H = la.eigh(F.T @ F + weight * np.diag(L_F))
nu = mu_j[::-1] / weight
kernel = [np.min(np.abs(la.eigvalsh(weight * np.eye(C) + F / (L_F - v) @ F.T))) for v in nu[2:40:7]]
check("(38)", "W(ν) is singular at an eigenvalue ν", max(kernel) / weight, 1e-6)
counts = []
for v in np.sqrt(nu[:-1] * nu[1:])[::9]:
    counts.append(np.sum(nu > v) - np.sum(L_F > v) - np.sum(la.eigvalsh(weight * np.eye(C) + F / (L_F - v) @ F.T) < 0))
    near, far = np.argsort(np.abs(L_F - v))[:2], np.argsort(np.abs(L_F - v))[2:]
    A = np.block([[np.diag(L_F[near] - v), F[:, near].T],
                  [F[:, near], -weight * np.eye(C) - F[:, far] / (L_F[far] - v) @ F[:, far].T]])
    counts.append(np.sum(nu > v) - np.sum(L_F[far] > v) - np.sum(la.eigvalsh(A) > 0))
check("(39)", "eigenvalues above ν by the inertia of W and of A, differences", np.max(np.abs(counts)), 0)
rows = la.svd(F, full_matrices=False)[2][:np.linalg.matrix_rank(F)]
sines = np.sqrt(np.maximum(la.eigvalsh(rows[:, 40:] @ rows[:, 40:].T), 0))
angles = la.subspace_angles(rows.T, np.eye(R)[:, :40])
check("(43)", "principal angles from what lies beyond K", np.max(np.abs(np.sort(np.sin(angles)) - np.sort(sines))), 1e-9)
# ---- section 8: the dual form, on the first 120 images --------------------------------------------------------------
few = images[:120].astype(np.int64)
n, ones = len(few), np.ones(len(few), dtype=object)
K0 = (few @ few.T).astype(object)                                    # Python integers
k = K0 @ ones
K_int = n * n * K0 - n * (np.outer(k, ones) + np.outer(ones, k)) + k.sum()
Xf = (few - few.mean(0)).T.astype(float)
scale2 = float(sum(K_int[i, i] for i in range(n))) / float(n) ** 3 / D
K, Xf = K_int.astype(float) / n ** 2 / scale2, Xf / np.sqrt(scale2)
check("(56)", "K from integers against XᵀX", rel(K, Xf.T @ Xf), 1e-12)
Gf, Yf = Xf @ Xf.T, onehot[:120].T.astype(float)
Mf = Xf @ Yf.T
lam_f, Pf = (v[..., ::-1] for v in la.eigh(K))
Rf = int(np.sum(lam_f > EPS * max(n, D) * lam_f[0]))
check("(60)", "rank of K against the rank of G", abs(Rf - np.linalg.matrix_rank(Gf, tol=EPS * D * lam_f[0])), 0)
for p in (1, 2, 4, 8):
    ids = groups_of(shape, p)
    Bf = np.where(same_group(ids), Gf, 0)
    T = np.zeros((n, n))
    for g in range(ids.max() + 1):
        _, sv, rows = la.svd(Xf[ids == g], full_matrices=False)
        rows = rows[sv > 1e-7 * sv[0]]
        T += rows.T @ rows                                           # WᵀW is the projector on the row space of X_g
    check("(57)", f"T, patch {p}, against XᵀB⁺X", rel(T, Xf.T @ la.pinvh(Bf, rtol=1e-13) @ Xf), 1e-7)
    theta, U = (v[..., ::-1] for v in la.eigh(T))
    theta, U = theta[:Rf], U[:, :Rf]
    F = np.sqrt(lam_f[:Rf, None]) * (Pf[:, :Rf].T @ U)
    E = np.sqrt(theta)[:, None] * (F.T @ F) * np.sqrt(theta)
    check("(58)", f"E, patch {p}: FᵀF against UᵀKU", rel(F.T @ F, U.T @ K @ U), 1e-12)
    for a, b in ((1, 1 / 3), (1, 9), (0, 1)):
        w = 1 / np.sqrt(a * theta + b)
        mu, Z = (v[..., ::-1] for v in la.eigh(w[:, None] * E * w))
        W, left = U @ ((w / np.sqrt(theta))[:, None] * Z), U @ ((w * np.sqrt(theta))[:, None] * Z)
        check("(62)", f"KTW = (aT + b)Wμ, patch {p}, a = {a}, b = {b:.2g}",
              np.max(la.norm(K @ (T @ W) - (a * T @ W + b * W) * mu, axis=0) / la.norm(W, axis=0)) / (lam_f[0] * theta[0]), 1e-12)
        check("(64)", "(TW)ᵀ(aT + b)W = I", np.linalg.norm(left.T @ (a * T @ W + b * W) - np.eye(Rf), 2), 1e-9)
        V = la.pinvh(Bf, rtol=1e-13) @ Xf @ W                        # v = B⁺Xw
        check("(13)", "with v = B⁺Xw: VᵀSV = I", np.linalg.norm(V.T @ (a * Gf + b * Bf) @ V - np.eye(Rf), 2), 1e-6)
        check("(59)", "VᵀM", rel(Z.T @ ((w * np.sqrt(theta))[:, None] * (U.T @ Yf.T)), V.T @ Mf), 1e-6)
        factor = la.cholesky(Z.T @ ((theta * w * w)[:, None] * Z), lower=True)
        features = la.solve_triangular(factor, Z.T @ ((w * np.sqrt(theta))[:, None] * U.T), lower=True)
        check("(61)", "representation: orthonormal rows", np.linalg.norm(features @ features.T - np.eye(Rf), 2), 1e-9)
        explicit, _ = la.qr(Xf.T @ V, mode="economic")
        check("(61)", "and of the row space of VᵀX, K = 20",
              np.linalg.norm(features[:20].T @ features[:20] - explicit[:, :20] @ explicit[:, :20].T, 2), 1e-6)

print(f"{failures} failed" if failures else "all equations hold")
sys.exit(failures > 0)
