#!/usr/bin/env python3
"""Judges pages and pictures that slipway writes, as a checker of accessibility would: page.py FILE...

Of HTML: language, title, landmarks, headings in order, names of what has no text of its own, tables with heads, identifiers, what scrolls
reached by key, nothing that is loaded or run. Of SVG: elements and attributes of SVG 1.1, identifiers and references, a name. Of both: the
contrast of every declared pair of colours, light and dark, by WCAG 2.2 (1.4.3: 4.5 for text; 1.4.11: 3 for what has to be seen).
Prints each page's text with no fault; ends with 1 and the faults otherwise.
"""
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "br", "hr", "img", "input"}
FORBIDDEN = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "foreignobject"}
# Lines between rows and a band behind the bars: nothing is lost for whoever does not see them.
DECORATIVE = {"line", "shade"}
GRID = {".grid", ".band"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.faults, self.stack, self.ids, self.links, self.labels = [], [], set(), [], []
        self.level, self.count, self.words, self.open_link = 0, {}, [], None

    def fault(self, text):
        self.faults.append(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag in FORBIDDEN:
            self.fault(f"<{tag}>")
        for name in a:
            if name.startswith("on") or name in {"src", "srcset", "action"}:
                self.fault(f"<{tag} {name}>")
        if "id" in a:
            if a["id"] in self.ids:
                self.fault(f"id '{a['id']}' twice")
            self.ids.add(a["id"])
        if int(a.get("tabindex", 0)) > 0:
            self.fault("a tabindex above 0 changes the order of the page")
        if tag == "html" and not a.get("lang"):
            self.fault("no language")
        if tag in {"main", "header", "nav"} and "main" in self.stack:
            self.fault(f"<{tag}> inside of main")
        if tag == "nav" and not a.get("aria-label"):
            self.fault("a nav without a name")
        if tag == "a":
            self.links.append(a.get("href", ""))
            self.open_link = len(self.words)
        if tag == "th" and a.get("scope") not in {"col", "row"}:
            self.fault("a th without a scope")
        if tag in {"pre"} or "wide" in a.get("class", "").split():
            if a.get("tabindex") != "0":
                self.fault(f"what scrolls is not reached by key: <{tag}>")
        if a.get("role") == "region" and not a.get("aria-label"):
            self.fault("a region without a name")
        if tag == "table" and not any("wide" in classes for classes in self.classes):
            self.fault("a table that cannot scroll")
        if tag == "svg":
            if a.get("role") != "img" or not (a.get("aria-labelledby") or a.get("aria-label")):
                self.fault("a picture without a name")
            self.labels += a.get("aria-labelledby", "").split()
        if re.fullmatch("h[1-6]", tag):
            if int(tag[1]) > self.level + 1:
                self.fault(f"<{tag}> below a heading of level {self.level}")
            self.level = int(tag[1])
        if tag not in VOID:
            self.stack.append(tag)
            self.classes.append(a.get("class", "").split())

    classes = []

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.stack.pop()
            self.classes.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.fault(f"</{tag}> closes {self.stack[-1:]}")
            return
        self.stack.pop()
        self.classes.pop()
        if tag == "a" and not "".join(self.words[self.open_link :]).strip():
            self.fault("a link without a text")

    def handle_data(self, data):
        if "style" not in self.stack and "title" not in self.stack[:-1]:
            self.words.append(data)


def judge_html(text):
    page = Page()
    page.classes = []
    page.feed(text)
    page.close()
    if page.stack:
        page.fault(f"never closed: {page.stack}")
    for tag, wanted in (("html", 1), ("title", None), ("h1", 1), ("main", 1), ("header", 1)):
        found = page.count.get(tag, 0)
        if found == 0 or (wanted and found != wanted):
            page.fault(f"{found} times <{tag}>")
    if "width=device-width" not in text:
        page.fault("no viewport for phones")
    for link in page.links:
        leads = link[1:] in page.ids if link.startswith("#") else link.startswith("https://")
        if not leads:
            page.fault(f"a link leads nowhere: {link}")
    for label in page.labels:
        if label not in page.ids:
            page.fault(f"nothing is called {label}")
    return page.faults, "".join(page.words)


ELEMENTS = {
    "svg": "xmlns class width height viewBox role aria-labelledby aria-label",
    "title": "id", "desc": "id", "style": "", "defs": "",
    "marker": "id viewBox refX refY markerWidth markerHeight orient",
    "path": "class d marker-end", "rect": "class x y width height rx", "circle": "class cx cy r",
    "line": "class x1 x2 y1 y2", "text": "class x y text-anchor", "tspan": "class x y",
}
NUMBERS = {"x", "y", "width", "height", "rx", "cx", "cy", "r", "x1", "x2", "y1", "y2"}


def judge_svg(text):
    faults = []
    root = ET.fromstring(text)
    if root.tag != SVG + "svg" or root.get("role") != "img":
        faults.append("the root is no picture")
    if len(root.get("viewBox", "").split()) != 4:
        faults.append("no viewBox")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    faults += [f"id '{name}' twice" for name in set(ids) if ids.count(name) > 1]
    for label in root.get("aria-labelledby", "").split():
        if label not in ids:
            faults.append(f"nothing is called {label}")
    if root.find(SVG + "title") is None:
        faults.append("no title")
    for element in root.iter():
        name = element.tag.removeprefix(SVG)
        if name not in ELEMENTS:
            faults.append(f"<{name}>")
            continue
        for attribute, value in element.attrib.items():
            if attribute not in ELEMENTS[name].split():
                faults.append(f"<{name} {attribute}>")
            if attribute in NUMBERS and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?%?", value):
                faults.append(f"<{name} {attribute}={value}>")
            if attribute == "d" and not re.fullmatch(r"[MLHVCz0-9 .,-]+", value):
                faults.append(f"a path's {value}")
            for reference in re.findall(r"url\(#([^)]*)\)", value):
                if reference not in ids:
                    faults.append(f"nothing is called {reference}")
    return faults, "".join(root.itertext())


def luminance(colour):
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def rules(css):
    """(is it of the dark scheme, selector, declarations) of each rule."""
    found = []
    dark = ""
    for block in re.findall(r"@media\(prefers-color-scheme:dark\)\{((?:[^{}]*\{[^{}]*\})*)\}", css):
        dark += block
    plain = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\}", "", css)
    for is_dark, text in ((False, plain), (True, dark)):
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            pairs = [d.split(":", 1) for d in body.split(";") if ":" in d]
            found.append((is_dark, selector.strip(), [(k.strip(), v.strip()) for k, v in pairs]))
    return found


def judge_colours(text):
    """Every colour that text or a shape is given, on every ground that is declared beside it."""
    faults, count = [], 0
    for css in re.findall(r"<style>(.*?)</style>", text, re.S):
        all_rules = rules(css)
        light = {k: v for dark, _, pairs in all_rules if not dark for k, v in pairs if k.startswith("--")}
        both = {"light": light, "dark": dict(light)}
        for is_dark, _, pairs in all_rules:
            if is_dark:
                both["dark"].update({k: v for k, v in pairs if k.startswith("--")})
        written, shapes = set(), set()
        grounds = {name for name in ("--paper", "--box") if name in light}
        for is_dark, selector, pairs in all_rules:
            for key, value in pairs:
                names = re.findall(r"var\((--[a-z]+)\)", value)
                if re.search(r"#[0-9a-f]{3,8}\b", value) and not key.startswith("--"):
                    faults.append(f"{selector}: a colour without a name, {value}")
                if key == "color":
                    written.update(names)
                elif key in {"fill", "stroke"} and selector not in GRID:
                    is_text = "text" in selector or selector.split()[-1] == ".soft"
                    (written if is_text else shapes).update(names)
        colours = {name for name in light if re.fullmatch("#[0-9a-fA-F]{3,8}", light[name])}
        for name in written | shapes:
            if name not in colours:
                faults.append(f"{name} is not declared")
        for scheme, values in both.items():
            for name in sorted((written | shapes) & colours - grounds):
                for ground in grounds:
                    needed = 4.5 if name in written else 3
                    is_line = name == "--line" and name in shapes
                    if name[2:] in DECORATIVE and not is_line:
                        continue
                    count += 1
                    ratio = contrast(values[name], values[ground])
                    if ratio < needed:
                        faults.append(f"{scheme}: {name} on {ground} has {ratio:.2f}, {needed} is needed")
            if {"--lead", "--follow"} <= colours and contrast(values["--lead"], values["--follow"]) < 3:
                faults.append(f"{scheme}: who leads looks like who follows")
        if light and values_are_alike(both):
            faults.append("dark is as light")
    if count < 6:
        faults.append(f"only {count} pairs of colours were found")
    return faults


def values_are_alike(both):
    return both["light"] == both["dark"]


def main():
    status = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        is_page = text.startswith("<!doctype html>")
        faults, words = judge_html(text) if is_page else judge_svg(text)
        if not is_page or "url(" in "".join(re.findall(r"<style>(.*?)</style>", text, re.S)):
            if "@import" in text or "url(http" in text:
                faults.append("something is loaded")
        elif "@import" in text:
            faults.append("something is loaded")
        faults += judge_colours(text)
        for fault in faults:
            print(f"{path}: {fault}", file=sys.stderr)
            status = 1
        if not faults:
            sys.stdout.write(words)
    return status


sys.exit(main())
