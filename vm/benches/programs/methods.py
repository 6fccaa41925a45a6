class Counter:
    __slots__ = ("value", "step")

    def __init__(self):
        self.value = 0
        self.step = 1

    def advance(self):
        self.value += self.step

    def get(self):
        return self.value


def main():
    c = Counter()
    total = 0
    for _ in range(15_000_000):
        c.advance()
        total += c.get()
    print(total)


main()
