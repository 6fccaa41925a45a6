def main():
    parts = []
    for i in range(600_000):
        parts.append(f"item {i}: {i * 2}")
    text = ",".join(parts)
    words = text.split(",")
    seen = {}
    for word in words:
        key = word[:8]
        seen[key] = seen.get(key, 0) + 1
    print(len(text), len(words), len(seen))


main()
