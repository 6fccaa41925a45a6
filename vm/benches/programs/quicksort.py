def quicksort(xs, low, high):
    i = low
    j = high
    pivot = xs[(low + high) // 2]
    while i <= j:
        while xs[i] < pivot:
            i += 1
        while xs[j] > pivot:
            j -= 1
        if i <= j:
            xs[i], xs[j] = xs[j], xs[i]
            i += 1
            j -= 1
    if low < j:
        quicksort(xs, low, j)
    if i < high:
        quicksort(xs, i, high)


def main():
    seed = 42
    xs = []
    for _ in range(1_000_000):
        seed = (seed * 16807) % 2147483647
        xs.append(seed)
    quicksort(xs, 0, len(xs) - 1)
    ok = True
    for i in range(1, len(xs)):
        if xs[i - 1] > xs[i]:
            ok = False
    print("true" if ok else "false", xs[0], xs[-1])


main()
