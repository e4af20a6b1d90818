import Artefacts
import BuildPlan
import Testing

@Suite struct TemplateTests {
    @Test(
        arguments: [
            ("a {{x}} b\n", ["x": "1"], "a 1 b\n"),
            ("{{ x }}{{y}}", ["x": "<&\"", "y": "'>"], "<&\"'>"),
            ("a\n{{#f}}\nb\n{{/f}}\nc\n", ["f": true], "a\nb\nc\n"),
            ("a\n{{#f}}\nb\n{{/f}}\nc\n", ["f": false], "a\nc\n"),
            ("{{^f}}no{{/f}}{{#f}}yes{{/f}}", ["f": true], "yes"),
            ("{{#l}}\n- {{n}}\n{{/l}}\n", ["l": .list("n", ["1", "2"])], "- 1\n- 2\n"),
            ("{{#l}}{{n}}{{x}} {{/l}}", ["l": .list("n", ["1", "2"]), "x": "!"], "1! 2! "),
            ("{{^l}}none{{/l}}", ["l": .list([])], "none"),
            ("a\n{{! why }}\nb\n", [:], "a\nb\n"),
            ("  ca: |\n    {{pem}}\n", ["pem": "one\ntwo"], "  ca: |\n    one\n    two\n"),
            ("{ } {x} }}\n", [:], "{ } {x} }}\n"),
            ("", [:], ""),
        ] as [(String, TemplateValues, String)])
    func renders(text: String, values: TemplateValues, expected: String) throws {
        #expect(String(decoding: try Template(name: "t", text: text).render(values), as: UTF8.self) == expected)
    }

    /// The list is empty, so its body is never rendered; its names count as used all the same.
    @Test func valuesInsideAnEmptyListAreNotUnused() throws {
        let template = try Template(name: "t", text: "{{#l}}{{n}}{{x}}{{/l}}")
        #expect(try template.render(["l": .list([]), "x": "1"]).isEmpty)
    }

    @Test(
        arguments: [
            ("a\n{{x}}", [:], 2, "there is no value 'x'; this template has no values"),
            ("a\n{{x}}", ["y": "1"], 2, "there is no value 'x'; its values are y"),
            ("a", ["x": "1"], 1, "the value 'x' is not used; expected {{x}} or {{#x}} somewhere"),
            (
                "\n\n{{#l}}{{n}}{{/l}}", ["l": .list([["n": "1", "m": "2"]])], 3,
                "the value 'm' is not used; expected {{m}} or {{#m}} somewhere"
            ),
            ("{{x}}", ["x": true], 1, "'x' is not text; use {{#x}}"),
            ("\n{{#x}}{{/x}}", ["x": "1"], 2, "'x' is text; use {{x}}"),
        ] as [(String, TemplateValues, Int, String)])
    func refusesValues(text: String, values: TemplateValues, line: Int, message: String) throws {
        let template = try Template(name: "etcd/etcd.service", text: text)
        let error = #expect(throws: TemplateError.self) { try template.render(values) }
        #expect(error?.line == line && error?.message == message)
        #expect(error?.description.hasPrefix("templates/etcd/etcd.service:\(line): ") == true)
    }

    @Test(arguments: [
        ("a {{x", 1, "'{{' is not closed with '}}'"),
        (
            "\n{{}}", 2,
            "'{{}}' is not a tag; expected {{name}}, {{#name}}, {{^name}}, {{/name}}, {{> file}} or {{! comment}}"
        ),
        (
            "\n{{a b}}", 2,
            "'{{a b}}' is not a tag; expected {{name}}, {{#name}}, {{^name}}, {{/name}}, {{> file}} or {{! comment}}"
        ), ("{{#a}}\n{{/b}}", 2, "found {{/b}}, expected {{/a}} for line 1"),
        ("a\n{{/b}}", 2, "{{/b}} closes a section that was not opened"), ("\n{{#a}}\n", 2, "{{#a}} is never closed"),
    ])
    func refusesText(text: String, line: Int, message: String) {
        let error = #expect(throws: TemplateError.self) { try Template(name: "t", text: text) }
        #expect(error?.line == line && error?.message == message)
    }

    /// An included file is text: indented like its tag, without blanks on empty lines, and a program is never looked into.
    @Test func includesOtherFiles() throws {
        let library = try TemplateLibrary(texts: [
            "a": "{{#f}}\n  {{> b/c.conf}}\n{{/f}}\nend\n{{> programs/p}}\n", "b/c.conf": "one\n\n{{> d}}\n",
            "d": "two\n",
            "programs/p": "#!/bin/sh\necho {{x}}\n", "README.md": "{{#not a template",
        ])
        let bytes = try library.template("a").render(["f": true])
        #expect(String(decoding: bytes, as: UTF8.self) == "  one\n\n  two\nend\n#!/bin/sh\necho {{x}}\n")
        #expect(
            try String(decoding: library.template("a").render(["f": false]), as: UTF8.self)
                == "end\n#!/bin/sh\necho {{x}}\n")
        #expect(try String(decoding: library.program("programs/p"), as: UTF8.self) == "#!/bin/sh\necho {{x}}\n")
        #expect(throws: TemplateError.self) { try library.template("README.md") }
        #expect(throws: TemplateError.self) { try library.template("programs/p") }
    }

    @Test(
        arguments: [
            (["a": "x\n{{> b}}\n"], 2, "cannot include 'b': the file does not exist in the templates directory"),
            (["a": "{{> a}}\n"], 1, "cannot include 'a': it includes this file"),
            (["a": "{{> b}}\n", "b": "\n{{> a}}\n"], 2, "cannot include 'a': it includes this file"),
            (
                ["a": "{{> b}}\n", "b": "{{x}}"], 1,
                "cannot include 'b': it has values of its own, an included file has none"
            ),
            (["a": "text {{> b}}\n", "b": ""], 1, "{{> b}} must be alone on its line"),
        ] as [([String: String], Int, String)])
    func refusesIncludes(texts: [String: String], line: Int, message: String) {
        let error = #expect(throws: TemplateError.self) { try TemplateLibrary(texts: texts) }
        #expect(error?.line == line && error?.message == message)
    }

    @Test func namesTheTemplateThatIsMissing() throws {
        let library = try TemplateLibrary(texts: [:])
        let error = #expect(throws: TemplateError.self) { try library.template("etcd/etcd.service") }
        #expect(
            error?.description == "templates/etcd/etcd.service:1: the file does not exist in the templates directory")
    }
}
