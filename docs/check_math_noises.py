# SPDX-License-Identifier: Apache-2.0
"""Any masks and covariances, (45) to (54), and what a noise can do without labels, (65) to (69). A part of check_math.py, which runs it with its own names."""
import numpy as np
import scipy.linalg as la

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
