//! The results as a picture: a row for each program, a dot for each peer where its time stands against Co's, on a logarithmic
//! scale. Right of the line at 1 Co is faster.

use crate::{programs::Group, results::Results};
use std::fmt::Write;

const COLOURS: [&str; 12] = [
    "#222222", "#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#ff7f0e", "#17becf",
    "#bcbd22", "#7f7f7f", "#393b79",
];
const LEFT: f64 = 150.0;
const WIDTH: f64 = 760.0;
const ROW: f64 = 22.0;

pub fn svg(results: &Results) -> String {
    let ratios = || {
        results.rows.iter().flat_map(|row| {
            row.entries.iter().filter_map(move |entry| {
                let times = 1.0 / row.ratio(entry.peer)?;
                Some((row, entry.peer, times))
            })
        })
    };
    let (low, high) =
        ratios().fold((0.5f64, 10f64), |(low, high), (.., times)| (low.min(times), high.max(times)));
    let (low, high) = (low.log10() - 0.05, high.log10() + 0.05);
    let x = |times: f64| LEFT + (times.log10() - low) / (high - low) * (WIDTH - LEFT - 20.0);
    let legend_rows = results.peers.len().div_ceil(4);
    let top = 40.0 + legend_rows as f64 * 18.0;
    let groups = Group::ALL.iter().filter(|group| results.group(**group).next().is_some()).count();
    let height = top + (results.rows.len() + groups) as f64 * ROW + 40.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"20\" font-size=\"14\">Time of each peer, where Co takes 1 (further right: Co is faster)</text>\n"
    );
    let colour = |peer: &str| {
        let index = results.peers.iter().position(|(name, _)| *name == peer).unwrap_or(0);
        COLOURS[index % COLOURS.len()]
    };
    for (index, (name, _)) in results.peers.iter().enumerate() {
        let (cx, cy) = (20.0 + (index % 4) as f64 * 180.0, 38.0 + (index / 4) as f64 * 18.0);
        let _ = writeln!(
            out,
            "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"5\" fill=\"{}\"/><text x=\"{}\" y=\"{}\">{name}</text>",
            colour(name),
            cx + 10.0,
            cy + 4.0
        );
    }
    for power in low.ceil() as i32..=high.floor() as i32 {
        let at = x(10f64.powi(power));
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{}\" stroke=\"#ccc\"/><text x=\"{at:.1}\" y=\"{}\" \
             text-anchor=\"middle\">{}</text>",
            height - 30.0,
            height - 12.0,
            10f64.powi(power)
        );
    }
    let one = x(1.0);
    let _ = writeln!(
        out,
        "<line x1=\"{one:.1}\" x2=\"{one:.1}\" y1=\"{top}\" y2=\"{}\" stroke=\"#222\" stroke-width=\"1.5\"/>",
        height - 30.0
    );
    let mut y = top;
    for group in Group::ALL {
        if results.group(group).next().is_none() {
            continue;
        }
        y += ROW;
        let _ =
            writeln!(out, "<text x=\"10\" y=\"{:.1}\" font-weight=\"bold\">{}</text>", y - 6.0, group.name());
        for row in results.group(group) {
            y += ROW;
            let name = row.program.name.replace('_', " ");
            let _ = writeln!(out, "<text x=\"20\" y=\"{:.1}\">{name}</text>", y - 6.0);
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#eee\"/>",
                y - 10.0
            );
            for (_, peer, times) in ratios().filter(|(of, ..)| std::ptr::eq(*of, row)) {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"{}\" fill-opacity=\"0.8\"><title>{peer}: {times:.2}</title></circle>",
                    x(times),
                    y - 10.0,
                    colour(peer)
                );
            }
        }
    }
    out.push_str("</svg>\n");
    out
}
