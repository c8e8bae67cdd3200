# SPDX-License-Identifier: Apache-2.0
"""Fewer samples than inputs, (56) to (64). A part of check_math.py, which runs it with its own names."""
import numpy as np
import scipy.linalg as la

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
