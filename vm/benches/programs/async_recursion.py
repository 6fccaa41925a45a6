import uvloop


async def fib(n):
    return n if n < 2 else await fib(n - 1) + await fib(n - 2)


async def main():
    print(await fib(34))


uvloop.run(main())
