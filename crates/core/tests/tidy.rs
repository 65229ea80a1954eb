//! The house rules, as tests: layers, where unsafe code may stand, where systems may be told apart, documented error
//! codes, and what no file may contain. Every rule is a function from text to complaints, proved on snippets below.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Modules of `crates/core/src` and their levels. A module uses itself and lower levels, never its own level.
const LEVELS: [(&str, u8); 15] = [
    ("doctor", 7),
    ("pool", 6),
    ("view", 5),
    ("tracker", 4),
    ("snapshot", 4),
    ("merge", 3),
    ("wire", 3),
    ("diff", 2),
    ("rules", 1),
    ("image", 3),
    ("region", 2),
    ("sys", 1),
    ("error", 0),
    ("page", 0),
    ("page_set", 0),
];

/// The modules that know no memory but their own: above level 0 they use each other only, and what says nothing about memory;
/// and only these use them.
const ISLAND: [&str; 4] = ["merge", "wire", "diff", "rules"];
const OPEN_TO_THE_ISLAND: &str = "sys::processor";
const MAY_CROSS: [&str; 2] = ["snapshot", "view"];

/// Every file that may hold unsafe code; each must still need it and give its reason.
const UNSAFE_FILES: [&str; 30] = [
    "crates/core/benches/reset/bare.rs",
    "crates/core/src/region/access.rs",
    "crates/core/src/region/window.rs",
    "crates/core/src/sys/linux/mappings.rs",
    "crates/core/src/sys/linux/pagemap.rs",
    "crates/core/src/sys/linux/process_bound.rs",
    "crates/core/src/sys/linux/test_pages.rs",
    "crates/core/src/sys/linux/trial.rs",
    "crates/core/src/sys/linux/userfault.rs",
    "crates/core/src/sys/linux/vectored.rs",
    "crates/core/src/sys/pages.rs",
    "crates/core/src/sys/processor/ahead.rs",
    "crates/core/src/sys/processor/counter.rs",
    "crates/core/src/sys/processor/huge_pages.rs",
    "crates/core/src/sys/processor/lines.rs",
    "crates/core/src/sys/processor/mod.rs",
    "crates/core/src/sys/processor/past_caches.rs",
    "crates/core/src/sys/unix/file_map.rs",
    "crates/core/src/sys/unix/mapping.rs",
    "crates/core/src/sys/unix/remap.rs",
    "crates/core/tests/suite/conformance/cycles.rs",
    "crates/core/tests/suite/conformance/gaps.rs",
    "crates/core/tests/suite/conformance/guards.rs",
    "crates/core/tests/suite/conformance/kernel_writes.rs",
    "crates/core/tests/suite/processes/forbidden_calls.rs",
    "crates/core/tests/suite/processes/foreign_remap.rs",
    "crates/core/tests/suite/processes/forks.rs",
    "crates/core/tests/suite/processes/limits.rs",
    "crates/core/tests/suite/processes/pinned.rs",
    "crates/core/tests/suite/processes/swapped_out.rs",
];
/// The files of the binding that call Node-API themselves: for buffers over native memory, and for references that keep
/// nothing alive, which napi-rs does not have.
const UNSAFE_FILES_OF_THE_BINDING: [&str; 2] = ["crates/node/src/buffer.rs", "crates/node/src/weak.rs"];

/// The only file that replaces what is mapped at an address.
const FIXED_MAPPING_FILE: &str = "crates/core/src/sys/unix/remap.rs";
/// The only folder that tells operating systems apart.
const SYSTEM_FOLDER: &str = "crates/core/src/sys/";

const LINES_MAX: usize = 400;
const BANNED_NAMES: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "manager"];
const CODE_PREFIX: &str = concat!("ERR_", "PAGEFOLD_");

#[test]
fn modules_use_only_lower_levels() {
    let mut complaints = Vec::new();
    for (path, text) in files("crates/core/src", &["rs"]) {
        let place = path.trim_start_matches("crates/core/src/").trim_end_matches(".rs").trim_end_matches("/mod");
        if place != "lib" {
            let module: Vec<&str> = place.split('/').collect();
            complaints.extend(layer_violations(&module, &tokens(&path, &text)));
        }
    }
    expect_none(&complaints);
}

#[test]
fn the_level_table_names_every_module_and_is_the_documented_one() {
    let library = read("crates/core/src/lib.rs");
    let declared: BTreeSet<&str> =
        library.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, LEVELS.iter().map(|(name, _)| *name).collect());
    for (module, level) in LEVELS {
        let line = library.lines().find(|line| line.starts_with(&format!("//!    {level}  ")));
        assert!(
            line.is_some_and(|line| line.contains(module)),
            "lib.rs draws {module} elsewhere than on level {level}"
        );
    }
}

#[test]
fn unsafe_code_stands_only_in_the_listed_files() {
    let listed: BTreeSet<&str> = UNSAFE_FILES.into_iter().chain(UNSAFE_FILES_OF_THE_BINDING).collect();
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in files("crates", &["rs"]) {
        let stream = tokens(&path, &text);
        let needs = mentions(&stream, &|name| name == "unsafe");
        match (needs, listed.contains(path.as_str())) {
            (true, false) => complaints.push(format!("{path} holds unsafe code and is not in the list")),
            (false, true) => complaints.push(format!("{path} is listed and holds no unsafe code any more")),
            (true, true) if !expects_unsafe_with_reason(&stream) => {
                complaints.push(format!("{path} does not begin with #![expect(unsafe_code, reason = …)]"));
            }
            _ => {}
        }
        seen.insert(path);
    }
    complaints.extend(listed.iter().filter(|path| !seen.contains(**path)).map(|path| format!("{path} does not exist")));
    expect_none(&complaints);
}

#[test]
fn systems_are_told_apart_only_in_sys() {
    let sources = sources().into_iter().filter(|(path, _)| !path.starts_with(SYSTEM_FOLDER));
    let complaints: Vec<String> = sources
        .filter(|(path, text)| tells_systems_apart(tokens(path, text)))
        .map(|(path, _)| format!("{path} asks for the operating system"))
        .collect();
    expect_none(&complaints);
}

#[test]
fn fixed_mappings_are_made_in_one_file() {
    let users: Vec<String> = sources()
        .into_iter()
        .filter(|(path, text)| mentions(&tokens(path, text), &|name| name.starts_with("MAP_FIXED")))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(users, [FIXED_MAPPING_FILE]);
}

#[test]
fn every_error_code_is_documented_and_every_documented_one_exists() {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in files("crates", &["rs"]).into_iter().chain(files("ts", &["ts"])) {
        for code in codes_in(&text) {
            used.entry(code).or_insert_with(|| path.clone());
        }
    }
    assert!(used.len() > 5, "the codes are found at all: {used:?}");
    let documented = documented_codes(&read("docs/errors.md"));
    let mut complaints: Vec<String> = Vec::new();
    for (code, path) in used.iter().filter(|(code, _)| !documented.contains(*code)) {
        complaints.push(format!("{code} ({path}) has neither a heading nor a table row in docs/errors.md"));
    }
    complaints
        .extend(documented.iter().filter(|code| !used.contains_key(*code)).map(|code| format!("{code} is unknown")));
    expect_none(&complaints);
}

#[test]
fn files_stay_short_and_clean() {
    let mut complaints = Vec::new();
    for (path, text) in files("crates", &["rs"]).into_iter().chain(files("ts", &["ts", "mts"])) {
        let is_source = path.starts_with("ts/") || path.contains("/src/");
        if is_source && text.lines().count() > LINES_MAX {
            complaints.push(format!("{path} has {} lines", text.lines().count()));
        }
        complaints.extend(text_complaints(&text).into_iter().map(|what| format!("{path} contains {what}")));
    }
    expect_none(&complaints);
}

#[test]
fn no_file_is_named_for_having_no_subject() {
    let folders = ["crates", "ts", "examples", "scripts", "benchmark"];
    let paths = folders.iter().flat_map(|folder| paths(&root().join(folder)));
    let complaints: Vec<String> =
        paths.filter(|path| has_banned_name(path)).map(|path| format!("{} says nothing", path.display())).collect();
    expect_none(&complaints);
}

#[test]
fn the_architecture_names_every_module_folder() {
    let text = read("ARCHITECTURE.md");
    let source = root().join("crates/core/src");
    let folders: BTreeSet<PathBuf> = paths(&source)
        .iter()
        .filter_map(|path| path.parent())
        .filter(|folder| *folder != source)
        .map(Path::to_owned)
        .collect();
    assert!(folders.len() > 4, "the folders are found at all");
    let complaints: Vec<String> = folders
        .iter()
        .filter_map(|folder| folder.file_name()?.to_str())
        .filter(|name| ["`{}`", "{}/", "/{}`"].iter().all(|form| !text.contains(&form.replace("{}", name))))
        .map(|name| format!("ARCHITECTURE.md does not mention the folder {name}/"))
        .collect();
    expect_none(&complaints);
}

// The rules themselves: from text to complaints.

/// What a module at this path uses that it may not: `["region", "window"]` for `region/window.rs`.
/// Workspaces that use the core and have lock files of their own, which nothing else in the checks builds.
const OTHER_LOCKS: [&str; 2] = ["fuzz/Cargo.lock", "benchmark/compare/wasmtime/Cargo.lock"];

#[test]
fn lock_files_of_other_workspaces_know_what_the_core_needs() {
    let needed = dependencies(&read("crates/core/Cargo.toml"));
    let complaints = OTHER_LOCKS.into_iter().flat_map(|lock| {
        let text = read(lock);
        let missing = needed.iter().filter(move |(name, version)| !locks(&text, name, version));
        missing.map(move |(name, version)| format!("{lock} lacks {name} {version}: run cargo there without --locked"))
    });
    expect_none(&complaints.collect::<Vec<_>>());
}

/// Names and versions of what a manifest depends on, apart from what only its tests need.
fn dependencies(manifest: &str) -> Vec<(String, String)> {
    let mut is_wanted = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_wanted = line.ends_with("dependencies]") && !line.ends_with("dev-dependencies]");
        } else if is_wanted && let Some((name, value)) = line.split_once(" = ") {
            // The first string is the version, in either form.
            let version = value.split('"').nth(1).unwrap_or_default();
            found.push((name.to_owned(), version.to_owned()));
        }
    }
    found
}

/// Whether a lock file has the core depend on a package, in a version that begins so.
fn locks(lock: &str, name: &str, version: &str) -> bool {
    let mut packages = lock.split("[[package]]\n");
    let depends = packages.clone().any(|package| {
        package.starts_with("name = \"pagefold-core\"\n")
            && [format!("\n \"{name}\","), format!("\n \"{name} ")].iter().any(|entry| package.contains(entry.as_str()))
    });
    depends && packages.any(|package| package.starts_with(&format!("name = \"{name}\"\nversion = \"{version}.")))
}

fn layer_violations(module: &[&str], stream: &TokenStream) -> Vec<String> {
    let mut used = BTreeSet::new();
    collect_uses(&module.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>(), stream.clone(), &mut used);
    let level = |name: &str| LEVELS.iter().find(|(known, _)| *known == name).map(|(_, level)| *level);
    let own = module[0];
    let Some(own_level) = level(own) else { return vec![format!("{own} has no level")] };
    used.iter()
        .filter(|name| name.split("::").next() != Some(own))
        .filter_map(|name| match level(name.split("::").next().unwrap_or_default()) {
            Some(level) if level < own_level && may_meet(own, name, level) => None,
            Some(level) => Some(format!("{} (level {own_level}) uses {name} (level {level})", module.join("::"))),
            None => Some(format!("{} uses crate::{name}, which is no module", module.join("::"))),
        })
        .collect()
}

/// Whether the border of the island lies between two modules or may be crossed there.
fn may_meet(own: &str, used: &str, level: u8) -> bool {
    let inside = |name: &str| ISLAND.contains(&name);
    level == 0 || used == OPEN_TO_THE_ISLAND || inside(own) == inside(used) || MAY_CROSS.contains(&own)
}

/// Adds the top-level module of every path that begins with `crate` or leaves the module with `super`.
fn collect_uses(module: &[String], stream: TokenStream, used: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let inside_path = at >= 2 && is_path_separator(&tokens, at - 2);
        match &tokens[at] {
            TokenTree::Ident(word) if word == "crate" && !inside_path => heads(&tokens[at + 1..], used),
            TokenTree::Ident(word) if word == "super" && !inside_path => {
                let mut supers = 1;
                while is_path_separator(&tokens, at + 1) && is_word(tokens.get(at + 3), "super") {
                    supers += 1;
                    at += 3;
                }
                if supers >= module.len() {
                    heads(&tokens[at + 1..], used);
                }
            }
            TokenTree::Ident(word) if word == "mod" => {
                if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                {
                    let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                    collect_uses(&inner, body.stream(), used);
                    at += 2;
                }
            }
            TokenTree::Group(group) => collect_uses(module, group.stream(), used),
            _ => {}
        }
        at += 1;
    }
}

/// The first names of the path or the group of paths that follows the root: `::a::b`, `::{a, b::c, self}`, `::*`.
fn heads(rest: &[TokenTree], used: &mut BTreeSet<String>) {
    if !is_path_separator(rest, 0) {
        // `crate as name` would hide every later use; `pub(crate)` uses nothing.
        if is_word(rest.first(), "as") {
            used.insert("(an alias of the crate)".to_owned());
        }
        return;
    }
    match rest.get(2) {
        Some(TokenTree::Ident(name)) => drop(used.insert(head(&name.to_string(), &rest[3..]))),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for path in inner.split(|token| is_mark(Some(token), ',')) {
                used.extend(path.first().map(ToString::to_string));
            }
        }
        Some(other) => drop(used.insert(other.to_string())),
        None => {}
    }
}

/// The module of a path, with what follows where only a part of a module may be used.
fn head(name: &str, rest: &[TokenTree]) -> String {
    let (module, part) = OPEN_TO_THE_ISLAND.split_once("::").unwrap_or_default();
    let is_part = name == module && is_path_separator(rest, 0) && is_word(rest.get(2), part);
    if is_part { OPEN_TO_THE_ISLAND.to_owned() } else { name.to_owned() }
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_mark(tokens.get(at), ':') && is_mark(tokens.get(at + 1), ':')
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

/// Whether any identifier, at any depth, answers to `wanted`. Comments and strings are no identifiers.
fn mentions(stream: &TokenStream, wanted: &impl Fn(&str) -> bool) -> bool {
    stream.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => wanted(&ident.to_string()),
        TokenTree::Group(group) => mentions(&group.stream(), wanted),
        _ => false,
    })
}

/// `#![expect(unsafe_code, reason = …)]` among the attributes of the file itself.
fn expects_unsafe_with_reason(stream: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    tokens.windows(3).any(|window| {
        let [hash, bang, TokenTree::Group(attribute)] = window else { return false };
        let text = attribute.stream().to_string().replace([' ', '\n'], "");
        is_mark(Some(hash), '#') && is_mark(Some(bang), '!') && text.starts_with("expect(unsafe_code,reason=\"")
    })
}

/// `cfg(…)`, `cfg!(…)` or `cfg_attr(…)` with a condition on the system, at any depth.
fn tells_systems_apart(stream: TokenStream) -> bool {
    let system = |name: &str| ["target_os", "target_family", "unix", "windows", "target_env"].contains(&name);
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    (0..tokens.len()).any(|at| match &tokens[at] {
        TokenTree::Ident(ident) if ident == "cfg" || ident == "cfg_attr" => {
            let condition = tokens[at + 1..].iter().take(2).find(|token| matches!(token, TokenTree::Group(_)));
            condition.is_some_and(|group| mentions(&TokenStream::from(group.clone()), &system))
        }
        TokenTree::Group(group) => tells_systems_apart(group.stream()),
        _ => false,
    })
}

fn codes_in(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let rests = text.split(CODE_PREFIX).skip(1);
    let names = rests.map(|rest| rest.split(|letter| !is_part(letter)).next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).map(|name| format!("{CODE_PREFIX}{name}")).collect()
}

/// Codes in headings and in the first cell of table rows.
fn documented_codes(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let cells = text.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    headings.chain(cells).flat_map(codes_in).collect()
}

fn text_complaints(text: &str) -> Vec<String> {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let stands_alone = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back().is_some_and(is_letter);
            let ends_in_letter = word.chars().next_back().is_some_and(is_letter);
            let after = ends_in_letter && text[at + word.len()..].chars().next().is_some_and(is_letter);
            !before && !after
        })
    };
    let banned = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("to", "do!"),
        concat!("unim", "plemented!"),
        concat!("db", "g!"),
    ];
    let words = banned.into_iter().filter(|word| stands_alone(word)).map(str::to_owned);
    words.chain(text.contains('\t').then(|| "a tab".to_owned())).collect()
}

fn has_banned_name(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next()).is_some_and(|stem| {
        stem.split(['-', '_']).any(|word| BANNED_NAMES.contains(&word.to_ascii_lowercase().as_str()))
    })
}

// Reading the project.

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Rust sources of both crates, without tests and benches.
fn sources() -> Vec<(String, String)> {
    ["crates/core/src", "crates/node/src"].iter().flat_map(|folder| files(folder, &["rs"])).collect()
}

/// Path from the root and text of every file with one of these endings.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let wanted =
        |path: &Path| path.extension().and_then(|ending| ending.to_str()).is_some_and(|e| endings.contains(&e));
    let found: Vec<(String, String)> = paths(&root.join(folder))
        .into_iter()
        .filter(|path| wanted(path))
        .map(|path| {
            let name = path.strip_prefix(&root).expect("it was found below the root").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name} is no UTF-8 text: {error}"));
            (name, text)
        })
        .collect();
    assert!(!found.is_empty(), "there are files in {folder}");
    found
}

/// Every file below a folder, sorted. A folder that does not exist has none.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten();
    for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
        match path.is_dir() {
            true if path.ends_with("node_modules") || path.ends_with("target") => {}
            true => found.extend(paths(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn tokens(path: &str, text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{path} is no Rust: {error}"))
}

fn expect_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layer_violations_are_found() {
        for (module, text, expected) in [
            (&["view"][..], "use crate::tracker::{self, Tracker}; use crate::sys;", None),
            (&["view"], "use crate::doctor;", Some("view (level 5) uses doctor (level 7)")),
            (&["tracker"], "use crate::{error::Error, snapshot::Snapshot};", Some("uses snapshot (level 4)")),
            (&["tracker"], "use crate::{error::{Error, Result}, image};", None),
            (&["snapshot", "file"], "fn f() { crate::tracker::select(); }", Some("uses tracker (level 4)")),
            (&["region", "window"], "use super::super::image::Image;", Some("uses image (level 3)")),
            (&["region", "window"], "use super::RegionMemory; use super::super::region;", None),
            (&["region", "window"], "use super::super::{error, view::View};", Some("uses view (level 5)")),
            (&["page"], "#[cfg(test)] mod tests { use super::*; use crate::sys::page_size; }", Some("uses sys")),
            (&["page"], "#[cfg(test)] mod tests { use super::super::error; }", Some("uses error (level 0)")),
            (&["page"], "mod tests { use super::*; mod deeper { use super::super::*; } }", None),
            (&["page_set"], "use crate::page::PageSize;", Some("page_set (level 0) uses page (level 0)")),
            (&["image"], "macro_rules! m { () => { $crate::view::View } }", Some("uses view (level 5)")),
            (&["image"], "use crate::Region;", Some("crate::Region, which is no module")),
            (&["image"], "use crate::*;", Some("crate::*")),
            (&["image"], "use super::*;", Some("crate::*")),
            (&["image"], "use crate as pagefold;", Some("alias")),
            (&["image"], "pub(crate) fn f() {} pub(super) fn g() {} // crate::view", None),
            (&["image"], "/// See `crate::view`.\nfn f() -> &'static str { \"crate::view::View\" }", None),
            (&["sys", "unix", "remap"], "use crate::sys::Pages; use super::super::pages;", None),
            (&["sys", "unix", "remap"], "use super::super::super::region;", Some("uses region (level 2)")),
            (&["merge"], "use crate::{diff::Diff, error::Error, page_set::PageSet, rules};", None),
            (&["merge"], "use crate::sys;", Some("merge (level 3) uses sys (level 1)")),
            (&["merge"], "use crate::sys::processor::{self, Width};", None),
            (&["merge"], "use crate::sys::Pages;", Some("merge (level 3) uses sys (level 1)")),
            (&["page"], "use crate::sys::processor;", Some("page (level 0) uses sys::processor (level 1)")),
            (&["sys", "unix"], "use crate::sys::processor;", None),
            (&["image"], "use crate::diff::Diff;", Some("image (level 3) uses diff (level 2)")),
            (&["snapshot"], "use crate::{merge, rules};", None),
            (&["new"], "use crate::error;", Some("new has no level")),
        ] {
            let found = layer_violations(module, &tokens("snippet", text)).join("\n");
            match expected {
                None => assert_eq!(found, "", "{text}"),
                Some(part) => assert!(found.contains(part), "{text}: {found:?} lacks {part:?}"),
            }
        }
    }

    #[test]
    fn unsafe_code_is_told_from_its_name() {
        let needs = |text: &str| mentions(&tokens("snippet", text), &|name| name == "unsafe");
        for text in
            ["unsafe fn f() {}", "fn f() { unsafe { g() } }", "unsafe impl Send for T {}", "m!({ unsafe { x } });"]
        {
            assert!(needs(text), "{text}");
        }
        for text in ["#![forbid(unsafe_code)]", "// unsafe", "fn f() -> &'static str { \"unsafe\" }"] {
            assert!(!needs(text), "{text}");
        }
        let expects = |text: &str| expects_unsafe_with_reason(&tokens("snippet", text));
        assert!(expects("//! Docs.\n#![expect(unsafe_code, reason = \"because\")]\nfn f() {}"));
        for text in
            ["#![expect(unsafe_code)]", "#[expect(unsafe_code, reason = \"x\")] fn f() {}", "#![allow(unsafe_code)]"]
        {
            assert!(!expects(text), "{text}");
        }
    }

    #[test]
    fn system_conditions_are_found() {
        for text in [
            "#[cfg(target_os = \"linux\")] mod a;",
            "#[cfg(not(unix))] fn f() {}",
            "fn f() { if cfg!(windows) {} }",
            "mod a { #[cfg_attr(all(test, target_family = \"unix\"), ignore)] fn f() {} }",
        ] {
            assert!(tells_systems_apart(tokens("snippet", text)), "{text}");
        }
        for text in
            ["#[cfg(test)] mod tests {}", "use std::os::unix::fs::FileExt;", "#[cfg(not(pagefold_unsupported))] mod a;"]
        {
            assert!(!tells_systems_apart(tokens("snippet", text)), "{text}");
        }
    }

    #[test]
    fn codes_are_found_and_told_from_prose() {
        let code = |name: &str| format!("{CODE_PREFIX}{name}");
        let prose = format!("`{}` and {CODE_PREFIX}… \"{}\"", code("BUSY"), code("OUT_OF_2"));
        assert_eq!(codes_in(&prose), BTreeSet::from([code("BUSY"), code("OUT_OF_2")]));
        let table = format!("## {}\nprose {}\n| `{}` | see {} |\n", code("A"), code("B"), code("C"), code("D"));
        assert_eq!(documented_codes(&table), BTreeSet::from([code("A"), code("C")]));
    }

    #[test]
    fn banned_words_are_found() {
        for text in [
            concat!("// TO", "DO: later"),
            concat!("FIX", "ME"),
            concat!("to", "do!()"),
            concat!("db", "g!(x)"),
            "a\tb",
        ] {
            assert_eq!(text_complaints(text).len(), 1, "{text}");
        }
        for text in [concat!("MY_TO", "DOS"), "a todo list", "debug!(x)", concat!("edb", "g!(x)")] {
            assert_eq!(text_complaints(text), Vec::<String>::new(), "{text}");
        }
        for (name, banned) in
            [("utils.rs", true), ("a/test_helpers.ts", true), ("page-manager.mjs", true), ("pages.rs", false)]
        {
            assert_eq!(has_banned_name(Path::new(name)), banned, "{name}");
        }
    }
}
