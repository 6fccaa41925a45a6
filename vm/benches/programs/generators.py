def numbers(n):
    for i in range(n):
        yield i


def main():
    total = 0
    for x in numbers(8_000_000):
        total += x
    print(total)


main()
