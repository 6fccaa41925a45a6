def main():
    total = 0
    for i in range(40_000_000):
        if i % 3 == 0:
            total += i
        else:
            total -= 1
    n = 0
    while n < 20_000_000:
        n += 2
    print(total, n)


main()
