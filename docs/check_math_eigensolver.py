# SPDX-License-Identifier: Apache-2.0
"""Section 16 of math.md: the device's own eigensolver, line by line, for check_math.py (whose names it uses). On H of (22), pixel masks."""
import numpy as np
import scipy.linalg as la


L_B = la.cholesky(np.where(groups_of(shape, 1)[:, None] == groups_of(shape, 1)[None, :], G, 0) + 1e-9 * np.trace(G) / D * np.eye(D), lower=True)
K_B = la.solve_triangular(L_B, la.solve_triangular(L_B, G, lower=True).T, lower=True)
theta, U = la.eigh((K_B + K_B.T) / 2)
keep = theta > 1e-12 * theta[-1]
theta, U = theta[keep][::-1], U[:, keep][:, ::-1]
Q_B = L_B @ U
whitening = 1 / np.sqrt(theta + 99)
H = whitening[:, None] * (theta[:, None] * (Q_B.T @ Q_B) * theta[None, :]) * whitening[None, :]
n, width = len(H), 7

# The reduction, in panels.
A, V, d, e, taus = np.tril(H), np.zeros((n, n)), np.zeros(n), np.zeros(n - 1), np.zeros(n - 1)
for first in range(0, n, width):
    end = min(first + width, n)
    W = np.zeros((n, end - first))
    for j in range(first, end):
        i = j - first
        A[j:, j] -= V[j:, first:j] @ W[j, :i] + W[j:, :i] @ V[j, first:j]                              # (105)
        d[j] = A[j, j]
        if j == n - 1:
            break
        alpha, x = A[j + 1, j], A[j + 2:, j]
        beta = -np.copysign(np.sqrt(alpha ** 2 + x @ x), alpha) if len(x) and np.any(x) else alpha       # (103)
        taus[j], e[j] = (beta - alpha) / beta if len(x) and np.any(x) else 0, beta
        V[j + 1, j] = 1
        V[j + 2:, j] = x / (alpha - beta) if len(x) and np.any(x) else 0
        v, below = V[:, j], np.tril(A[j + 1:, j + 1:])
        full = below + np.tril(below, -1).T
        w = np.zeros(n)
        w[j + 1:] = taus[j] * (full @ v[j + 1:] - V[j + 1:, first:j] @ (W[:, :i].T @ v) - W[j + 1:, :i] @ (V[:, first:j].T @ v))   # (104)
        W[:, i] = w - taus[j] / 2 * (w @ v) * v                                                          # (107)
    A[end:, end:] -= np.tril(V[end:, first:end] @ W[end:].T + W[end:] @ V[end:, first:end].T)              # (106)
Q = np.eye(n)
for j in range(n - 1):
    Q = Q - taus[j] * np.outer(Q @ V[:, j], V[:, j])
T = np.diag(d) + np.diag(e, 1) + np.diag(e, -1)
check("(103)", "to (107): QᵀHQ = T, reduced in panels", np.max(np.abs(Q.T @ H @ Q - T)) / la.norm(H), 1e-13)
full_v = V[:, :n - 1]
inverse = np.diag(1 / np.where(taus == 0, 1, taus)) + np.triu(full_v.T @ full_v, 1)
full_v = full_v * (taus != 0)
check("(115)", "I − V Y Vᵀ is the product of the reflectors", np.max(np.abs(np.eye(n) - full_v @ la.solve_triangular(inverse, full_v.T) - Q)), 1e-12)

# Eigenvalues: T − σI = LDLᵀ, counts, bisection.
pivots, ratios = np.zeros(n), np.zeros(n - 1)
pivots[0] = d[0]
for i in range(n - 1):
    ratios[i] = e[i] / pivots[i]
    pivots[i + 1] = d[i + 1] - ratios[i] * e[i]
bidiagonal = np.eye(n) + np.diag(ratios, -1)
check("(108)", "T = LDLᵀ", np.max(np.abs((bidiagonal * pivots) @ bidiagonal.T - T)) / la.norm(T), 1e-15)


def counts(x):
    shift, below = -x, np.zeros(len(x), int)
    for i in range(n):
        pivot = pivots[i] + shift
        below += pivot < 0
        if i < n - 1:
            shift = ratios[i] * e[i] * (shift / pivot) - x
    return below


top = np.max(np.abs(d) + np.abs(np.r_[0, e]) + np.abs(np.r_[e, 0]))
low, high, index = np.full(n, 1e-40 * top), np.full(n, top * (1 + 1e-12)), np.arange(n)
for _ in range(70):
    middle = np.where(high > 2 * low, np.sqrt(low * high), (low + high) / 2)
    less = counts(middle) > index
    high, low = np.where(less, middle, high), np.where(less, low, middle)
values = high
singular = la.svd(Q_B * (theta * whitening)[None, :], compute_uv=False)[::-1][-n:] ** 2
check("(109)", "to (110): eigenvalues, each relative to itself, against (25)", np.max(np.abs(values - singular) / singular), 1e-7)

# Vectors.
Z, gammas = np.zeros((n, n)), np.zeros(n)
for k, x in enumerate(values):
    above, below = np.zeros(n), np.zeros(n)
    above[0], below[-1] = -x, pivots[-1] - x
    for i in range(n - 1):
        above[i + 1] = ratios[i] * e[i] * (above[i] / (pivots[i] + above[i])) - x
    for i in range(n - 2, -1, -1):
        below[i] = below[i + 1] * (pivots[i] / (ratios[i] * e[i] + below[i + 1])) - x                       # (111)
    gamma = above + below + x                                                                            # (112)
    r = np.argmin(np.abs(gamma))
    z = np.zeros(n)
    z[r] = 1
    for i in range(r - 1, -1, -1):
        z[i] = -e[i] / (pivots[i] + above[i]) * z[i + 1]                                                  # (113)
    for i in range(r, n - 1):
        z[i + 1] = -ratios[i] * pivots[i] / (ratios[i] * e[i] + below[i + 1]) * z[i]
    Z[:, k], gammas[k] = z / la.norm(z), abs(gamma[r]) / la.norm(z)
check("(112)", "|γ_r| is the residual of the twisted vector", np.max(np.abs(la.norm(T @ Z - Z * values, axis=0) - gammas)) / la.norm(T), 1e-14)
for k in range(1, n):                                                                                    # (114)
    j = k
    while j > 0 and values[j] - values[j - 1] < 1e-4 * values[j]:
        j -= 1
    for _ in range(2):
        Z[:, k] -= Z[:, j:k] @ (Z[:, j:k].T @ Z[:, k])
    Z[:, k] /= la.norm(Z[:, k])
check("(113)", "and (114): orthogonal", np.max(np.abs(Z.T @ Z - np.eye(n))), 1e-10)
back = Q @ Z
check("(113)", "QZ are eigenvectors of H", np.max(la.norm(H @ back - back * values, axis=0)) / la.norm(H), 1e-13)
