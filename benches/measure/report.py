"""Medians, spread, ratios and bars: as a table for people and as JSON for programs."""

import statistics


def evaluate(works, tools, samples):
    """What came out, by work and tool, as plain data. `samples` maps (work, tool name) to a list of Sample or str."""
    return [_work(work, [tool.name for tool in tools], samples) for work in works]


def _work(work, names, samples):
    rows = {}
    for name in names:
        runs = samples.get((work.title, name), [])
        good = [run for run in runs if not isinstance(run, str)]
        failures = [run for run in runs if isinstance(run, str)]
        if good:
            values = [run.value for run in good]
            cpu = [run.cpu / run.amount * work.cpu_scale for run in good if run.cpu is not None]
            rows[name] = {
                "median": statistics.median(values),
                "least": min(values),
                "most": max(values),
                "cpu": statistics.median(cpu) if cpu else None,
                "runs": values,
                "note": good[-1].note,
                "failures": failures,
            }
        elif failures:
            rows[name] = {"median": None, "failures": failures}
    ours = rows.get("netverb", {}).get("median")
    peers = [row["median"] for name, row in rows.items() if name != "netverb" and row["median"] is not None]
    best = (max if work.more_is_better else min)(peers, default=None)
    ratio = ours / best if ours is not None and best else None
    bar = None
    if work.bar:
        met = work.bar.is_met(ours, ratio) if ours is not None else None
        bar = {"sign": work.bar.sign, "limit": work.bar.limit, "absolute": work.bar.absolute, "met": met}
    return {
        "group": work.group,
        "work": work.title,
        "unit": work.unit,
        "cpu_unit": work.cpu_unit,
        "more_is_better": work.more_is_better,
        "tools": rows,
        "ratio_to_best_peer": ratio,
        "bar": bar,
    }


def number(value):
    """Three significant digits, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(results):
    """The lines to print."""
    lines = []
    for result in results:
        better = "more" if result["more_is_better"] else "less"
        lines += ["", f"{result['group']}: {result['work']} ({result['unit']}, {better} is better)"]
        for name, row in result["tools"].items():
            if row["median"] is None:
                lines.append(f"  {name:<15} failed: {row['failures'][-1]}")
                continue
            spread = f"{number(row['least'])}–{number(row['most'])}"
            cpu = f"CPU {number(row['cpu'])} {result['cpu_unit']}" if row["cpu"] is not None else ""
            failed = f"{len(row['failures'])} runs failed: {row['failures'][-1]}" if row["failures"] else ""
            words = "; ".join(filter(None, [row["note"], failed]))
            lines.append(f"  {name:<15} {number(row['median']):>9}  {spread:<17} {cpu:<20} {words}".rstrip())
        lines.append("  " + _verdict(result))
    return lines[1:]


def _verdict(result):
    ratio, bar = result["ratio_to_best_peer"], result["bar"]
    words = [f"netverb / best peer: {ratio:.2f}" if ratio is not None else "no peer to compare with"]
    if bar:
        unit = f" {result['unit']}" if bar["absolute"] else ""
        state = {True: "met", False: "NOT MET", None: "unknown"}[bar["met"]]
        words.append(f"bar: {bar['sign']} {bar['limit']}{unit}, {state}")
    return "   ".join(words)
