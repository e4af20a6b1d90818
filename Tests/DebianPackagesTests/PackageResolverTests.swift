import Testing
import Values

@testable import DebianPackages

/// Small distributions, as text: the rules of Policy one by one.
@Suite struct PackageResolverTests {
    private static let digest = String(repeating: "a", count: 64)

    /// `name version field=value …` a line.
    private static func packages(_ lines: String) -> [UInt8] {
        var text = ""
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: ";").map { $0.trimmingPrefix(while: \.isWhitespace) }
            let words = parts[0].split(separator: " ")
            let fields = parts.dropFirst().map { String($0) }
            text += "Package: \(words[0])\nVersion: \(words[1])\n"
            if !fields.contains(where: { $0.hasPrefix("Architecture") }) { text += "Architecture: amd64\n" }
            text += fields.map { "\($0)\n" }.joined()
            text += "Filename: pool/\(words[0]).deb\nSize: 1\nSHA256: \(digest)\n\n"
        }
        return Array(text.utf8)
    }

    private static func closure(
        _ names: String..., of lines: String, installed: String = ""
    ) throws -> [String] {
        try resolver(lines, installed: installed).closure(of: names).map(\.package.label)
    }

    private static func resolver(_ lines: String, installed: String) throws -> PackageResolver {
        let catalogue = try PackageCatalogue(Distribution(.debian13, .amd64), packages: packages(lines))
        let status = String(decoding: packages(installed), as: UTF8.self)
            .replacing("Package:", with: "Status: install ok installed\nPackage:")
        return try PackageResolver(catalogue, base: .status(Array(status.utf8)))
    }

    @Test func takesWhatIsNeededAndNothingElse() throws {
        let found = try Self.closure(
            "app",
            of: """
                app 1; Depends: lib (>= 2), tool; Pre-Depends: early; Recommends: more; Suggests: extra
                lib 1
                lib 2; Depends: deep
                deep 1
                tool 1
                early 1
                more 1
                extra 1
                """, installed: "tool 1")
        #expect(found == ["app 1", "deep 1", "early 1", "lib 2"])
    }

    @Test func firstAlternativeThatCanBeHad() throws {
        let lines = """
            app 1; Depends: gone | old (>= 2) | good | other
            old 1
            good 1
            other 1
            """
        #expect(try Self.closure("app", of: lines) == ["app 1", "good 1"])
        #expect(try Self.closure("app", of: lines, installed: "other 1") == ["app 1"])
    }

    /// Whatever the order in which dependencies are written.
    @Test func whatLeavesNoChoiceIsSettledFirst() throws {
        let lines = """
            app 1; Depends: first | second, needs-second
            needs-second 1; Depends: second
            first 1
            second 1
            """
        #expect(try Self.closure("app", of: lines) == ["app 1", "needs-second 1", "second 1"])
    }

    @Test func providersByPriorityThenName() throws {
        let lines = """
            app 1; Depends: virtual
            aa 1; Provides: virtual; Priority: optional
            zz 1; Provides: virtual; Priority: standard
            """
        #expect(try Self.closure("app", of: lines) == ["app 1", "zz 1"])
    }

    @Test func versionsOfWhatIsProvided() throws {
        let lines = """
            app 1; Depends: virtual (>= 2)
            unversioned 1; Provides: virtual
            low 1; Provides: virtual (= 1)
            high 1; Provides: virtual (= 2)
            """
        #expect(try Self.closure("app", of: lines) == ["app 1", "high 1"])
    }

    @Test func qualifiers() throws {
        let lines = """
            app 1; Depends: python:any, native:amd64
            python 1; Multi-Arch: allowed
            native 1
            """
        #expect(try Self.closure("app", of: lines) == ["app 1", "native 1", "python 1"])
        #expect(throws: DebianError.self) {
            try Self.closure("app", of: "app 1; Depends: lib:any\nlib 1; Multi-Arch: same")
        }
        #expect(throws: DebianError.self) { try Self.closure("app", of: "app 1; Depends: lib:arm64\nlib 1") }
    }

    @Test func otherArchitecturesAreNotSeen() throws {
        let lines = "app 2; Architecture: arm64\napp 1; Architecture: all"
        #expect(try Self.closure("app", of: lines) == ["app 1"])
    }

    @Test func circles() throws {
        #expect(try Self.closure("aa", of: "aa 1; Depends: bb\nbb 1; Depends: aa") == ["aa 1", "bb 1"])
    }

    /// What is pre-depended on is installed whole before: with all it needs, however far.
    @Test func stages() throws {
        func stages(_ lines: String, installed: String = "") throws -> [String: Int] {
            let found = try Self.resolver(lines, installed: installed).closure(of: ["app"])
            return Dictionary(uniqueKeysWithValues: found.map { ($0.package.name, $0.stage) })
        }
        let lines = """
            app 1; Depends: late
            late 1; Pre-Depends: middle | other
            middle 1; Depends: deep
            deep 1; Pre-Depends: virtual
            base 1; Provides: virtual; Depends: beside
            beside 1; Depends: base
            """
        #expect(try stages(lines) == ["app": 2, "late": 2, "middle": 1, "deep": 1, "base": 0, "beside": 0])
        // What is there is not waited for.
        #expect(try stages(lines, installed: "other 1") == ["app": 0, "late": 0])
        // Packages may depend on each other, but not wait for themselves.
        #expect(throws: DebianError.circular(package: "app 1")) {
            try stages("app 1; Pre-Depends: tool\ntool 1; Depends: app")
        }
    }

    /// The library that is made newer wants its tool of the same version.
    @Test func installedOnesFollow() throws {
        let found = try Self.closure(
            "app",
            of: """
                app 1; Depends: lib (>= 2)
                lib 2
                tool 2; Depends: lib (= 2)
                """, installed: "lib 1\ntool 1; Depends: lib (= 1)")
        #expect(found == ["app 1", "lib 2", "tool 2"])
    }

    @Test func whatWouldBreakIsMadeNewer() throws {
        let lines = "app 1; Breaks: tool (<< 2)\ntool 2"
        #expect(try Self.closure("app", of: lines, installed: "tool 1") == ["app 1", "tool 2"])
        #expect(throws: DebianError.conflict(package: "app 1", other: "tool 1", relation: "tool (<< 2)")) {
            try Self.closure("app", of: "app 1; Breaks: tool (<< 2)", installed: "tool 1")
        }
    }

    @Test func conflicts() throws {
        #expect(throws: DebianError.conflict(package: "bb 1", other: "aa 1", relation: "aa")) {
            try Self.closure("app", of: "app 1; Depends: aa, bb\naa 1\nbb 1; Conflicts: aa")
        }
        // Against everybody else who provides it, and not against oneself.
        let lines = "mta 1; Provides: mail; Conflicts: mail\nother 1; Provides: mail; Conflicts: mail"
        #expect(try Self.closure("mta", of: lines) == ["mta 1"])
        #expect(throws: DebianError.self) { try Self.closure("mta", "other", of: lines) }
        // An alternative that excludes nobody comes before one that does.
        let choice = "app 1; Depends: bad | good\nbad 1; Conflicts: here\ngood 1"
        #expect(try Self.closure("app", of: choice, installed: "here 1") == ["app 1", "good 1"])
    }

    @Test func unknownAndAmbiguous() throws {
        #expect(throws: DebianError.unknownPackage(name: "nothing")) { try Self.closure("nothing", of: "aa 1") }
        let lines = "aa 1; Provides: virtual\nbb 1; Provides: virtual"
        #expect(throws: DebianError.ambiguous(name: "virtual", providers: ["aa", "bb"])) {
            try Self.closure("virtual", of: lines)
        }
        #expect(
            throws: DebianError.unsatisfied(
                package: "app 1", relation: "lib (>= 2)", reason: "the distribution has lib 1")
        ) {
            try Self.closure("app", of: "app 1; Depends: lib (>= 2)\nlib 1")
        }
    }

    @Test func aBaseThatNobodyKnows() throws {
        let catalogue = try PackageCatalogue(
            Distribution(.debian13, .amd64),
            packages: Self.packages(
                """
                app 1; Depends: libc, shell, lib
                libc 1; Priority: optional
                shell 1; Essential: yes; Depends: libc
                lib 1; Priority: optional
                tool 1; Priority: important; Depends: missing
                """))
        let found = try PackageResolver(catalogue, base: .priority(.standard)).closure(of: ["app"])
        #expect(found.map(\.package.name) == ["app", "lib"])
        #expect(found.map(\.address) == ["https://localhost/pool/app.deb", "https://localhost/pool/lib.deb"])
    }

    @Test func linesOfSources() throws {
        let distribution = Distribution(.debian13, .amd64)
        func suite(_ line: String) -> PackageArchive.Suite? { PackageArchive.Suite(parsing: line, of: distribution) }
        #expect(
            suite("http://archive.example/debian/ trixie main contrib")
                == PackageArchive.Suite(
                    "trixie", at: "http://archive.example/debian", components: ["main", "contrib"],
                    longestAge: .days(200)))
        #expect(suite("https://a.example trixie-backports main")?.longestAge == .days(30))
        for line in [
            "", "https://a.example trixie", "ftp://a.example trixie main", "file:///srv trixie main",
            "deb https://a.example trixie main", "https://a.example ../x main", "https://a.exämple trixie main",
        ] { #expect(suite(line) == nil, "\(line)") }
    }

    @Test(arguments: [
        ("Version: 1\n", "a paragraph names no package"),
        ("Package: app\nPackage: app\nVersion: 1\n", "the field \"package\" occurs twice"),
        ("Package: app\nVersion: _\n", "app has no proper version"),
        ("Package: app\nVersion: 1\nArchitecture: ../x\n", "app has no proper architecture"),
        ("Package: app\nVersion: 1\nArchitecture: amd64\nFilename: ../../etc/passwd\n", "app has no proper Filename"),
        ("Package: app\nVersion: 1\nArchitecture: amd64\nFilename: /x\n", "app has no proper Filename"),
        ("Package: app\nVersion: 1\nArchitecture: amd64\nFilename: p/x\nSize: -1\n", "app has no proper Size"),
        ("Package: app\nVersion: 1\nArchitecture: amd64\nFilename: p/x\nSize: 1\nSHA256: 00\n", "app has no SHA256"),
        ("Package: app\nVersion: 1\nArchitecture: amd64\nDepends: a (2)\n", "app, Depends: \"a (2)\" is not"),
        ("Package: app\nno field\n", "expected \"Field: value\""),
    ]) func brokenIndices(_ text: String, _ reason: String) throws {
        let error = #expect(throws: DebianError.self) {
            let catalogue = try PackageCatalogue(Distribution(.debian13, .amd64), packages: Array(text.utf8))
            _ = try PackageResolver(catalogue, base: .status([])).closure(of: ["app"])
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
