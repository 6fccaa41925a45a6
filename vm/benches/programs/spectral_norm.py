from math import sqrt


def a(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def multiply(n, v, out):
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += a(i, j) * v[j]
        out[i] = total


def multiply_transposed(n, v, out):
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += a(j, i) * v[j]
        out[i] = total


def main(n):
    u = [1.0] * n
    v = [0.0] * n
    t = [0.0] * n
    for _ in range(10):
        multiply(n, u, t)
        multiply_transposed(n, t, v)
        multiply(n, v, t)
        multiply_transposed(n, t, u)
    uv = sum(x * y for x, y in zip(u, v))
    vv = sum(x * x for x in v)
    print(f"{sqrt(uv / vv):.9f}")


main(400)
