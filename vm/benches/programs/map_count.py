def main():
    words = [f"word{i * 7919 % 2000}" for i in range(2000)]
    seen = {}
    buckets = {}
    seed = 42
    for _ in range(1_500_000):
        seed = seed * 16807 % 2147483647
        word = words[seed % 2000]
        seen[word] = seen.get(word, 0) + 1
        bucket = seed % 10007
        buckets[bucket] = buckets.get(bucket, 0) + 1
    print(len(seen), len(buckets), max(seen.values()))


main()
