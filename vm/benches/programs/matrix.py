def matrix(n, seed):
    return [[(i - j) * (i + j) * seed for j in range(n)] for i in range(n)]


def multiply(a, b):
    n = len(b[0])
    product = []
    for row in a:
        out = [0.0] * n
        for k, x in enumerate(row):
            other = b[k]
            for j in range(n):
                out[j] += x * other[j]
        product.append(out)
    return product


def main(n):
    product = multiply(matrix(n, 1.0 / n / n), matrix(n, 2.0 / n / n))
    print(f"{sum(product[i][i] for i in range(n)):.6f}")


main(300)
