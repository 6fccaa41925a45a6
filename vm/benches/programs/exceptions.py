class Three(Exception):
    pass


def check(n):
    if n % 3 == 0:
        raise Three("three")
    return n


def main():
    total = 0
    for i in range(3_000_000):
        try:
            total += check(i)
        except Three:
            total += 1
    print(total)


main()
