"""Medians and ratios, as tables."""

import statistics

MEGABYTE = 1 << 20


def ratio(mine, others):
    """Median of the rounds' ratios: rounds of one number ran next to each other."""
    return statistics.median(a / b for a, b in zip(mine, others))


def table(title, head, rows):
    print(f"\n{title}")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [cell.ljust(width) if not column else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip())


def reads(results, names):
    table("body bytes of one answer", ["", *names],
          [[result.case.title, *(f"{result.body_bytes[name]:,}" for name in names)] for result in results])
    rows = []
    for result in results:
        row = [result.case.title, *(_rate(result.rates[name]) for name in names)]
        for peer, aim, form in zip(("nginx", "verdaccio"), result.case.aims, ("{:.2f}", "{:.1f}")):
            row += _against(result.rates, "granary", peer, aim, form)
        rows.append(row)
    table("requests per second (median; in parentheses the largest distance of a round from it)",
          ["", *names, "granary/nginx", "aim", "granary/verdaccio", "aim"], rows)
    table("processor time of the server for one request, in microseconds (median)", ["", *names],
          [[result.case.title, *(f"{statistics.median(result.processor[name]) * 1e6:,.0f}" for name in names)]
           for result in results])


def publishes(rates, clients):
    names = list(rates)
    table(f"publishes per second of a 10 KB package, {clients} clients", ["", *names, "granary/verdaccio", "aim"],
          [["publish", *(_rate(rates[name]) for name in names), *_against(rates, "granary", "verdaccio", 5, "{:.1f}")]])


def access(result, token):
    one, many = result.rates
    value = ratio(result.rates[many], result.rates[one])
    table(f"requests per second of a {result.case.title}, by who asks", ["", one, many, "ratio", "aim"],
          [["authorised reads", _rate(result.rates[one]), _rate(result.rates[many]), f"{value:.2f}", _aim(value, 0.95)]])
    table("milliseconds of a GetAuthorizationToken", ["", "median", "99 of 100", "processor", "aim"],
          [["token", *(f"{token[name]:.2f}" for name in ("median", "p99", "processor")), _aim(token["median"], 2, most=True)]])


def trail(results):
    _pairs(results, "the audit trail", "reads recorded", "not recorded", 0.95)


def metrics(results, published):
    _pairs(results, "metrics and events", "with them", "without", 0.97)
    table("publishes per second of a 10 KB package, each of which is an event", ["", "with them", "without", "ratio", "aim"],
          [["publish", *(_rate(published[name]) for name in ("on", "off")), *_against(published, "on", "off", 0.9, "{:.3f}")]])


def _pairs(results, title, with_it, without, aim):
    rows = []
    for result in results:
        on, off = (statistics.median(result.processor[name]) * 1e6 for name in ("on", "off"))
        rows.append([result.case.title, _rate(result.rates["on"]), _rate(result.rates["off"]),
                     *_against(result.rates, "on", "off", aim, "{:.3f}"), f"{on:.1f}", f"{off:.1f}"])
    table(f"{title}: requests per second, and microseconds of processor for one",
          ["", with_it, without, "ratio", "aim", f"µs {with_it}", f"µs {without}"], rows)


def scale(cases, made):
    print("\nsize\n  " + "\n  ".join(made))
    names = [name.removesuffix(" versions") for name in next(iter(cases.values()))]
    rows = []
    for title, milliseconds in cases.items():
        passed, processor = ([[pair[kind] for pair in values] for values in milliseconds.values()] for kind in (0, 1))
        small, large = (statistics.median(values) for values in passed)
        rows.append([title, f"{small:.2f}", f"{large:.2f}", f"{large / small:.2f}", _aim(large / small, 1.2, most=True),
                     *(f"{statistics.quantiles(values, n=20)[-1]:.2f}" for values in passed)])
        small, large = (statistics.median(values) for values in processor)
        rows[-1] += [f"{small:.2f}", f"{large:.2f}", f"{large / small:.2f}"]
    table("milliseconds of one answer by the number of versions: median, 95th of 100, and the server's processor (median)",
          ["", *names, "ratio", "aim", "95th", "95th", "proc.", "proc.", "ratio"], rows)


def engines(results, published):
    names = list(results[0].rates)
    embedded, one, three = names
    rows = [[title, *(_rate(rates[name]) for name in names), f"{ratio(rates[one], rates[embedded]):.2f}", f"{ratio(rates[three], rates[one]):.2f}"]
            for title, rates in [*((result.case.title, result.rates) for result in results), *published.items()]]
    table("SQLite and files, and PostgreSQL and Ceph: requests per second", ["", *names, f"{one}/{embedded}", f"{three}/{one}"], rows)
    table("processor time of the server for one request, in microseconds (median)", ["", *names],
          [[result.case.title, *(f"{statistics.median(result.processor[name]) * 1e6:,.0f}" for name in names)] for result in results])


def transfer(seconds, versions):
    table(f"seconds of the operator's commands at {versions:,} versions", ["", "seconds"], [[title, f"{value:.1f}"] for title, value in seconds.items()])


def cost(costs, idle):
    rows = []
    for title, by in costs.items():
        grown = any(last > first for kind in ("statements", "round trips", "requests") for first, last in [(by[0][kind], by[-1][kind])])
        rows.append([title, _each(by, "statements"), _each(by, "round trips"), _each(by, "sent", 1024), _each(by, "received", 1024),
                     _each(by, "requests"), _each(by, "stored", 1024), _each(by, "fetched", 1024), "MISSED" if grown else "met"])
    rows.append(["nobody asks, a second", *(_each(idle, kind, 1 if kind in ("statements", "round trips", "requests") else 1024) for kind in idle[0]), ""])
    table("what one request costs, with 1 / 2 / 3 nodes (median)",
          ["", "statements", "round trips", "KB to the database", "KB back", "requests to the store", "KB to the store", "KB back", "no more with nodes"], rows)


def installs(seconds, count):
    if not seconds["source"]:
        return
    rows = [["from the source", _seconds(seconds["source"]), "1.00", ""]]
    for kind, title, aim in (("cold", "through Granary, nothing stored", 1.15), ("warm", "through Granary, all stored", None)):
        value = ratio(seconds[kind], seconds["source"])
        rows.append([title, _seconds(seconds[kind]), f"{value:.2f}", _aim(value, aim, most=True)])
    table(f"npm ci of {count} packages, empty npm cache: seconds of each round", ["", "seconds", "ratio", "aim"], rows)


def clients(seconds):
    rows = []
    for title, by in seconds.items():
        value = ratio(by["granary"], by["static"])
        rows.append([title, *(f"{statistics.median(by[kind]):.2f}" for kind in ("static", "granary")), f"{value:.2f}", _aim(value, 1.1, most=True)])
    table("seconds with empty caches: straight from nginx, and through Granary with all stored (median)", ["", "nginx", "granary", "ratio", "aim"], rows)


def startups(empty, filled):
    names = list(empty or filled)
    rows = [[title, *(f"{statistics.median(seconds[name]):.2f}" for name in names)]
            for title, seconds in (("empty directory", empty), ("loaded directory", filled)) if seconds]
    table("seconds from process start to the first 200 (median)", ["", *names], rows)


def memory(peaks, aim=300):
    rows = []
    for title, value in peaks.items():
        megabytes = value / MEGABYTE
        rows.append([title, f"{megabytes:.0f}", _aim(megabytes, aim, most=True) if title.startswith("granary") else ""])
    table("peak memory in MB (VmHWM, all processes of the server)", ["", "MB", "aim"], rows)


def _rate(values):
    middle = statistics.median(values)
    spread = max(abs(value - middle) for value in values) / middle
    form = "{:,.0f}" if middle >= 100 else "{:.1f}"
    return f"{form.format(middle)} (±{spread:.0%})"


def _against(rates, name, peer, aim, form):
    if not rates.get(name) or not rates.get(peer):
        return ["", ""]
    value = ratio(rates[name], rates[peer])
    return [form.format(value), _aim(value, aim)]


def _aim(value, aim, most=False):
    if aim is None:
        return ""
    met = value <= aim if most else value >= aim
    return f"{'≤' if most else '≥'} {aim} {'met' if met else 'MISSED'}"


def _each(by, kind, unit=1):
    return " / ".join(f"{one[kind] / unit:.1f}".removesuffix(".0") for one in by)


def _seconds(values):
    return ", ".join(f"{value:.1f}" for value in values)
