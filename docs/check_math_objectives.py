# SPDX-License-Identifier: Apache-2.0
"""The joint objective, (37) to (43), bands and learning time, (75) to (84), and probes, (71) to (90). A part of check_math.py, which runs it with its own names."""
import numpy as np
import scipy.linalg as la

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

# ---- section 14: encoders and decoders in units of unit variance ---------------------------------------------------
for name in ("reconstruct", "mask_p4_r0.75"):
    family, s, tau, a, b, S = NOISES[name]
    V = sweep_family(family, s, tau, a, b)["V"]
    V = V / np.sqrt(np.diag(V.T @ G @ V))
    E = la.solve_triangular(la.cholesky(V.T @ G @ V, lower=True), V.T, lower=True)
    for K in (1, 7, R // 2):
        W = np.sqrt(N) * E[:K].T
        z = W.T @ X
        check("(100)", f"{name}, K = {K}: features of unit variance, uncorrelated", np.max(np.abs(z @ z.T / N - np.eye(K))), 1e-9)
        fit = np.linalg.lstsq(z.T, np.vstack([X, Y - (n_c / N)[:, None]]).T, rcond=None)[0]
        check("(101)", f"{name}, K = {K}: best decoder and classifier", np.max(np.abs(fit - W.T @ np.hstack([G, M]) / N)), 1e-9)
        decoder = la.solve(W.T @ S @ W, W.T @ (s * G), assume_a="pos")
        VK = V[:, :K]
        network = s * G @ VK @ la.solve(VK.T @ S @ VK, VK.T)
        check("(102)", f"{name}, K = {K}: the trained decoder is the pencil's network", rel(decoder.T @ W.T, network), 1e-8)

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
