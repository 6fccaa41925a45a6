def counter():
    n = 0

    def next():
        nonlocal n
        n += 1
        return n

    return next


def compose(f, g):
    return lambda x: g(f(x))


def main():
    next = counter()
    step = compose(lambda x: x + 1, lambda x: x * 2)
    total = 0
    for _ in range(8_000_000):
        total += step(next()) % 7
    print(total)


main()
