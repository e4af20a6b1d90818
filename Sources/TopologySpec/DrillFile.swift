public import Diagnostics
import Values

/// Reads a drill's file:
///
///     version: 1
///     title: the leader of etcd is killed
///     fault: kill-unit
///     unit: etcd.service
///     on: leader of etcd
///     for: 5s
///     expect: { unavailable-at-most: 5s, leader-within: 5s, healthy-within: 30s }
///     why: >
///       What there is to learn.
public enum DrillFile {
    /// The most bytes of one that are read.
    public static let largestFile = 64 << 10

    /// - Parameter name: what the drill is called: its file's name without the ending.
    /// - Returns: nil when something is wrong with it, which the report says.
    public static func read(_ source: SourceText, name: String, into report: inout Report) -> Drill? {
        var own = Report()
        defer { for finding in own.diagnostics { report.add(finding) } }
        guard let document = YAMLParser.parse(source, &own) else { return nil }
        guard document.mapping(document.root, path: "", &own) != nil else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &own)
        let start = document.position(of: document.root)
        func require<Value>(_ key: String, _ setting: Setting<Value>, _ help: String) -> Value? {
            if setting.isAbsent {
                own.error(key, "the key '\(key)' is missing", at: start, help: help)
            }
            return setting.value
        }

        let version = reader.number("version", in: 1...1, &own) { number in
            Refusal(message: "version \(number) of drills is unknown", help: "this slipway reads version 1")
        }
        _ = require("version", version, "add 'version: 1' as the first line")
        let title = require(
            "title", reader.setting("title", .sentence, &own),
            "say in one line what breaks, such as: etcd's leader dies")
        let kind: Drill.Fault.Kind? = require(
            "fault", reader.setting("fault", .word("a fault"), &own),
            "expected one of: \(Drill.Fault.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        let target = require("on", reader.setting("on", .target, &own), targetHelp)
        let duration = require(
            "for", reader.setting("for", .duration, &own), "say how long it stays broken, such as: for: 5s")
        let isInTurn = reader.flag("in-turn", &own).value ?? false
        let needs = reader.setting("needs", .kubernetes, &own)
        let why = require(
            "why", reader.setting("why", .anything, &own), "say in three sentences what there is to learn")

        var fault: Drill.Fault?
        func unit() -> String? {
            require("unit", reader.setting("unit", .unit, &own), "name the unit, such as: unit: etcd.service")
        }
        func others() -> Drill.Target? { require("from", reader.setting("from", .target, &own), targetHelp) }
        switch kind {
        case .stopUnit: fault = unit().map { .stopUnit($0) }
        case .killUnit: fault = unit().map { .killUnit($0) }
        case .pauseUnit: fault = unit().map { .pauseUnit($0) }
        case .freeze: fault = .freeze
        case .powerOff: fault = .powerOff
        case .powerCut: fault = .powerCut
        case .cut: fault = others().map { .cut(from: $0) }
        case .oneWayCut: fault = others().map { .oneWayCut(from: $0) }
        case .loss:
            let percent = reader.number("percent", in: 1...100, &own) { number in
                Refusal(message: "\(number) % of the packets cannot be lost", help: "expected 1 to 100")
            }
            fault = require("percent", percent, "say how many of a hundred packets are lost").map { .loss(percent: $0) }
        case .corruptFile:
            fault = require(
                "file", reader.setting("file", .placedFile, &own),
                "name the file, such as: file: /etc/etcd/etcd.conf.yml"
            ).map { .corruptFile($0) }
        case .foreignCertificate:
            let path = require(
                "certificate", reader.setting("certificate", .placedFile, &own),
                "name it without its ending, such as: certificate: /etc/kubernetes/pki/apiserver")
            let unit = unit()
            if let path, let unit { fault = .foreignCertificate(path, unit: unit) }
        case .fillDisk:
            fault = require(
                "directory", reader.setting("directory", .placedFile, &own),
                "name a directory of the disk, such as: directory: /var/lib/etcd"
            ).map { .fillDisk($0) }
        case .useMemory:
            let percent = reader.number("percent", in: 50...99, &own) { number in
                Refusal(message: "\(number) % of the memory cannot be used", help: "expected 50 to 99")
            }
            fault = require("percent", percent, "say how much of the memory is in use").map {
                .useMemory(percent: $0)
            }
        case .noNames: fault = .noNames
        case .setClock:
            fault = require("by", reader.setting("by", .shift, &own), "say by how much, such as: by: -600s").map {
                .setClock(by: $0)
            }
        case .sealVault: fault = .sealVault
        case .overload:
            let clients = reader.number("clients", in: 1...1000, &own) { number in
                Refusal(message: "\(number) clients cannot be started", help: "expected 1 to 1000")
            }
            fault = require("clients", clients, "say how many clients ask").map { .overload(clients: $0) }
        case .drain: fault = .drain
        case .restoreEtcd: fault = .restoreEtcd
        case .update: fault = .update
        case nil: break
        }

        var expectations: Drill.Expectations?
        reader.mapping("expect", &own) { reader, own in
            let healthy = reader.setting("healthy-within", .duration, &own)
            if healthy.isAbsent {
                own.error(
                    "expect.healthy-within", "the key 'healthy-within' is missing",
                    at: document.position(of: document.root),
                    help: "say how long the machines may take to be well again, such as: healthy-within: 30s")
            }
            var wanted = Drill.Expectations(healthyWithin: healthy.value ?? 0)
            wanted.unavailableAtMost = reader.setting("unavailable-at-most", .duration, &own).value
            wanted.unavailableAtLeast = reader.setting("unavailable-at-least", .duration, &own).value
            wanted.leaderWithin = reader.setting("leader-within", .duration, &own).value
            wanted.apiSilentAtMost = reader.setting("api-silent-at-most", .duration, &own).value
            wanted.apiSilentAtLeast = reader.setting("api-silent-at-least", .duration, &own).value
            wanted.statusSeesIt = reader.flag("status-sees-it", &own).value ?? false
            wanted.podsMove = reader.flag("pods-move", &own).value ?? false
            wanted.checkSeesIt = reader.flag("check-sees-it", &own).value ?? false
            expectations = wanted
        }
        if reader.position(ofKey: "expect") == nil {
            own.error(
                "expect", "the key 'expect' is missing", at: start, help: "a drill without expectations has no verdict")
        }
        // Without a fault its own keys would be called unknown: one cause, one finding.
        if kind != nil { reader.finish(&own) }
        guard own.count(.error) == 0, let title, let fault, let target, let duration, let expectations, let why else {
            return nil
        }
        return Drill(
            name: name, title: title, fault: fault, target: target, duration: duration, isInTurn: isInTurn,
            needsKubernetes: needs.value != nil, expectations: expectations,
            why: why.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    fileprivate static let targetHelp =
        "expected 'leader of etcd', '2 followers of etcd', '1 etcd', 'all worker', 'half of etcd', 'other etcd', 'active load-balancer', 'standby load-balancer', 'half of each role', 'all machines' or 'machine etcd-1'"
}

extension Rule<Int> {
    /// Milliseconds; at most an hour.
    fileprivate static var duration: Self {
        Self("a time", like: "5s or 0.5s") { text in
            guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds > 0, seconds <= 3600 else {
                return nil
            }
            return Int((seconds * 1000).rounded())
        }
    }

    /// Milliseconds, forward or back; at most two days.
    fileprivate static var shift: Self {
        Self("a time", like: "600s or -600s") { text in
            guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds != 0, abs(seconds) <= 172_800
            else {
                return nil
            }
            return Int((seconds * 1000).rounded())
        }
    }
}

extension Rule<Drill.Target> {
    fileprivate static var target: Self {
        Self { text in
            if let target = Drill.Target(text) { return .success(target) }
            return .failure(Refusal(message: "'\(text)' names no machines", help: DrillFile.targetHelp))
        }
    }
}

extension Rule<String> {
    fileprivate static var kubernetes: Self {
        Self("something that is needed", like: "kubernetes") { $0 == "kubernetes" ? $0 : nil }
    }

    fileprivate static var sentence: Self {
        Self("one line of at most 100 characters", like: "the leader of etcd is killed") { text in
            (1...100).contains(text.count) && !text.contains(where: \.isNewline) ? text : nil
        }
    }

    /// As in systemd.unit(5), of kinds that have processes.
    fileprivate static var unit: Self {
        Self("a unit", like: "etcd.service") { text in
            let isPlain = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ":_.@-".utf8.contains(byte)
                }
            }
            return isPlain && text.hasSuffix(".service") && text.utf8.count <= 255 && !text.hasPrefix("-") ? text : nil
        }
    }

    fileprivate static var placedFile: Self {
        Self("an absolute path", like: "/etc/etcd/etcd.conf.yml") { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            let isPlain = text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
            return text.hasPrefix("/") && isPlain && text.utf8.count <= 1024
                && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." } ? text : nil
        }
    }
}
