def fannkuch(n):
    order = list(range(n))
    work = order[:]
    counts = [0] * n
    most = checksum = 0
    even = True
    r = n
    while True:
        while r != 1:
            counts[r - 1] = r
            r -= 1
        if order[0] != 0:
            for i in range(n):
                work[i] = order[i]
            flips = 0
            first = work[0]
            while first != 0:
                i = 0
                j = first
                while i < j:
                    work[i], work[j] = work[j], work[i]
                    i += 1
                    j -= 1
                flips += 1
                first = work[0]
            if flips > most:
                most = flips
            if even:
                checksum += flips
            else:
                checksum -= flips
        even = not even
        while True:
            if r == n:
                return checksum, most
            first = order[0]
            for i in range(r):
                order[i] = order[i + 1]
            order[r] = first
            counts[r] -= 1
            if counts[r] > 0:
                break
            r += 1


print(*fannkuch(9))
