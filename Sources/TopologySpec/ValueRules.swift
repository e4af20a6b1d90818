import BundleFormat
import Diagnostics
import Values

extension Schema {
    fileprivate static let dottedQuad =
        #"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}"#
    fileprivate static let label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
}

extension Rule<IPv4Address> {
    static var address: Self {
        Self(.text(pattern: Schema.dottedQuad)) { text in
            if let address = IPv4Address(text) { return .success(address) }
            return .failure(Refusal(message: "'\(text)' is not an IPv4 address", help: help(text)))
        }
    }

    private static func help(_ text: String) -> String {
        if text.count(where: { $0 == ":" }) > 1 {
            return "IPv6 is not supported: expected an address such as 10.0.0.12"
        }
        if let slash = text.firstIndex(of: "/"), IPv4Address(text[..<slash]) != nil {
            return "write the address alone: \(text[..<slash])"
        }
        return IPv4Address.help(text) ?? "expected four numbers from 0 to 255 with dots, such as 10.0.0.12"
    }
}

extension IPv4Address {
    /// What is wrong with four numbers and dots; nil when they are something else.
    fileprivate static func help(_ text: some StringProtocol) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard parts.count > 1, numbers.count == parts.count else { return nil }
        guard numbers.count == 4 else { return "expected four numbers, not \(numbers.count)" }
        if let large = numbers.first(where: { !(0...255).contains($0) }) { return "\(large) is not one of 0 to 255" }
        return
            "did you mean \(numbers.map(String.init).joined(separator: "."))? Some programs read a leading zero as octal"
    }
}

extension Rule<IPv4Network> {
    static var network: Self {
        Self(.text(pattern: Schema.dottedQuad + "/(?:3[0-2]|[12]?[0-9])")) { text in
            do throws(IPv4Network.ParseFailure) { return .success(try IPv4Network(parsing: text)) } catch {
                switch error {
                case .notCIDR:
                    return .failure(Refusal(message: "'\(text)' is not an IPv4 network", help: help(text)))
                case .hostBits(let network):
                    return .failure(
                        Refusal(
                            message: "\(text) names an address inside a network, not the network",
                            help: "did you mean \(network)?"))
                }
            }
        }
    }

    private static func help(_ text: String) -> String {
        if text.count(where: { $0 == ":" }) > 1 {
            return "IPv6 is not supported: expected an IPv4 network, such as 192.168.64.0/24"
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address = IPv4Address(parts[0])
        if parts.count == 1, address != nil { return "add the length of the network's prefix, such as \(text)/24" }
        if parts.count == 2, address == nil, let help = IPv4Address.help(parts[0]) { return help }
        if parts.count == 2, address != nil {
            if let mask = IPv4Address(parts[1]), mask.rawValue | (mask.rawValue &- 1) == .max, mask.rawValue != 0 {
                return "did you mean \(parts[0])/\(32 - mask.rawValue.trailingZeroBitCount)?"
            }
            if let length = Int(parts[1]) {
                return (0...32).contains(length)
                    ? "did you mean \(parts[0])/\(length)?" : "the number behind / is 0 to 32, not \(length)"
            }
        }
        return "expected an address and a prefix, such as 192.168.64.0/24"
    }
}

extension Rule<ByteSize> {
    /// Written with a binary unit, at least as much as a machine needs.
    static func size(atLeast least: ByteSize) -> Self {
        Self(.text(pattern: "[0-9]+ ?[MGT]iB")) { text in
            let isNothing =
                text.prefix { $0 == "0" }.count == text.prefix { $0.isNumber }.count && text.hasPrefix("0")
                && !text.contains(".")
            if isNothing {
                return .failure(Refusal(message: "\(text) is too small", help: "expected at least \(least)"))
            }
            guard let size = ByteSize(text) else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not a size",
                        help: "expected a number with MiB, GiB or TiB, such as \(likely(text, least))"))
            }
            if size < least {
                return .failure(Refusal(message: "\(size) is too small", help: "expected at least \(least)"))
            }
            return .success(size)
        }
    }

    /// What was probably meant: the unit's first letter says it, else the number's size does.
    private static func likely(_ text: String, _ least: ByteSize) -> ByteSize {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // A fraction of a GiB is a whole number of MiB.
        let fraction = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        if fraction.contains("."), let number = Double(fraction), (0.5...1024).contains(number),
            text.dropFirst(fraction.count).drop(while: { $0 == " " }).first?.lowercased() == "g"
        {
            return max(ByteSize(mebibytes: Int(number * 1024)), least)
        }
        guard let number = Int(digits), (1...1 << 20).contains(number) else { return .gibibytes(2) }
        let size: ByteSize =
            switch text.dropFirst(digits.count).drop(while: { $0 == " " }).first?.lowercased() {
            case "m": ByteSize(mebibytes: number)
            case "t": .gibibytes(number * 1024)
            case "g": .gibibytes(number)
            default: number < 128 ? .gibibytes(number) : ByteSize(mebibytes: number)
            }
        return max(size, least)
    }
}

extension Rule<MACAddress> {
    static var unicastMAC: Self {
        Self(.text(pattern: "[0-9A-Fa-f][02468ACEace](?::[0-9A-Fa-f]{2}){5}")) { text in
            if let mac = MACAddress(text) {
                if mac.isUnicast { return .success(mac) }
                return .failure(
                    Refusal(
                        message: "\(text) is the address of many machines (multicast)",
                        help: "make the second digit even, or delete the key: then it is derived from the name"))
            }
            let digits = Array(text.filter(\.isHexDigit))
            let pairs = stride(from: 0, to: digits.count - 1, by: 2).map { String(digits[$0...$0 + 1]) }
            let isMeant = digits.count == 12 && text.allSatisfy { $0.isHexDigit || "-:. ".contains($0) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not a MAC address",
                    help: isMeant
                        ? "did you mean '\(pairs.joined(separator: ":"))'?"
                        : "expected six bytes, such as '52:54:00:12:34:56', or delete the key"))
        }
    }
}

extension Rule<Timestamp> {
    static var date: Self {
        Self(.text(pattern: "[12][0-9]{3}-[01][0-9]-[0-3][0-9](?:T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z)?")) { text in
            if let date = Timestamp(text) { return .success(date) }
            return .failure(Refusal(message: "'\(text)' is not a valid date", help: help(text)))
        }
    }

    private static func help(_ text: String) -> String {
        let day = text.prefix(10)
        if Timestamp(String(day)) != nil, text.count > 10 {
            return "write the time in UTC and to the second, such as \(day)T10:00:00Z, or the day alone"
        }
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        func spelt(_ year: Int, _ month: Int, _ day: Int) -> String? {
            let date = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
            return Timestamp(date).map { _ in "did you mean \(date)?" }
        }
        switch numbers.count {
        case 1 where "\(numbers[0])" == text:
            let number = numbers[0]
            if text.count == 8, let help = spelt(number / 10_000, number / 100 % 100, number % 100) { return help }
            let moment = Timestamp(secondsSince1970: Int64(number))
            if text.count > 8, moment.isRepresentable { return "did you mean \(moment)?" }
        case 3 where text.hasPrefix("\(numbers[0])") && numbers[0] > 31:
            guard (1970...2999).contains(numbers[0]) else { return "expected a year from 1970 to 2999" }
            if let help = spelt(numbers[0], numbers[1], numbers[2]) { return help }
            return "there is no such day"
        case 3:
            // 22.11.2026 and 11/22/2026; 11/12/2026 would be two days.
            if let help = numbers[0] > 12 ? spelt(numbers[2], numbers[1], numbers[0]) : nil { return help }
            if let help = numbers[1] > 12 ? spelt(numbers[2], numbers[0], numbers[1]) : nil { return help }
        default: break
        }
        return "expected a day from 1970 to 2999, such as 2026-11-22, or with a time in UTC, 2026-11-22T10:00:00Z"
    }
}

extension Rule<Lifetime> {
    static var lifetime: Self {
        Self(.text(pattern: #"\+?[0-9]+[hdy]"#)) { text in
            if let lifetime = Lifetime(text) { return .success(lifetime) }
            return .failure(Refusal(message: "'\(text)' is not a lifetime", help: help(text)))
        }
    }

    private static func help(_ text: String) -> String {
        let range = "expected hours, days or years (of 365 days) from 1h to 100y, such as 12h, 90d or 1y"
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), (1...100_000).contains(number) else { return range }
        let meant: String? =
            switch text.dropFirst(digits.count).drop(while: { $0 == " " }).lowercased() {
            case "", "d", "day", "days": "\(number)d"
            case "h", "hour", "hours": "\(number)h"
            case "w", "week", "weeks": "\(number * 7)d"
            case "y", "year", "years": "\(number)y"
            default: nil
            }
        guard let meant, Lifetime(meant) != nil else { return range }
        return "did you mean \(meant)? \(range)"
    }
}

extension Rule<Version> {
    static func release(like example: String) -> Self {
        Self(.text(pattern: #"(?:0|[1-9][0-9]{0,3})(?:\.(?:0|[1-9][0-9]{0,3})){2}"#)) { text in
            if let version = Version(text) { return .success(version) }
            return .failure(Refusal(message: "'\(text)' is not a release number", help: help(text, example)))
        }
    }

    private static func help(_ text: String, _ example: String) -> String {
        let isMarked = text.hasPrefix("v") || text.hasPrefix("V")
        let number = isMarked ? String(text.dropFirst()) : text
        if isMarked, Version(number) != nil { return "write it without the v: \(number)" }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 2, Version(number + ".0") != nil {
            return "write all three numbers\(isMarked ? " and no v" : ""), such as \(number).0"
        }
        if let release = number.firstIndex(where: { "-+~".contains($0) }), Version(String(number[..<release])) != nil {
            return "only upstream's finished releases: three numbers, such as \(number[..<release])"
        }
        return "expected three numbers, such as \(example)"
    }
}

extension Rule<String> {
    /// Any text; what it may be is for later stages to say.
    static var anything: Self { Self { .success($0) } }

    static var domain: Self {
        Self(
            "a DNS domain", like: "cluster.local",
            .text(pattern: #"\#(Schema.label)(?:\.\#(Schema.label))*"#, longest: 253)
        ) { DNSLabel.isValidDomain($0) ? $0 : nil }
    }

    static var payload: Self {
        Self(
            "a payload name", like: "image-ubuntu-24.04-arm64",
            .text(pattern: #"[a-zA-Z0-9](?:[a-zA-Z0-9_+-]|\.(?!\.))*"#, longest: 128)
        ) { PayloadName.isValid($0) ? $0 : nil }
    }

    static var package: Self {
        Self(.text(pattern: "[a-z0-9][a-z0-9+.-]{1,127}")) { text in
            if PackageName.isValid(text) { return .success(text) }
            // As apt's command line would take it: with a version, an architecture, a suite or a wish.
            let name = String(text.lowercased().prefix { !"=:/ <>(".contains($0) })
            guard PackageName.isValid(name), name != text else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not the name of a package",
                        help: "expected a-z, 0-9, +, - and ., beginning with a letter or digit, such as ansible-core"))
            }
            if text.contains(" "), !text.contains("=") {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not the name of a package",
                        help: "write an entry for each: [\(text.split(separator: " ").joined(separator: ", "))]"))
            }
            let reason =
                name.utf8.count < text.utf8.count
                ? "; the version is pinned by the lock file, the architecture is the guest's" : ""
            return .failure(
                Refusal(message: "'\(text)' is not the name of a package", help: "did you mean '\(name)'?\(reason)"))
        }
    }

    static var kernelCommandLine: Self {
        Self(.text(pattern: "[ -~]*", longest: Int(DirectBoot.argumentsLimit) - 1)) { text in
            guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not one line of ASCII",
                        help: "expected one line of ASCII, such as root=/dev/vda rw console=ttyS0"))
            }
            // The limit counts the zero byte at the end.
            guard text.utf8.count < DirectBoot.argumentsLimit else {
                return .failure(
                    Refusal(
                        message: "the kernel's command line is \(text.utf8.count) bytes long",
                        help: "a kernel reads \(DirectBoot.argumentsLimit - 1) and drops the rest: shorten it")
                )
            }
            return .success(text)
        }
    }

    static var clusterName: Self {
        Self(.text(pattern: "[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")) { text in
            // 32 leaves room for the names that launchers build from it, such as socket paths.
            if DNSLabel.isValid(text), text.utf8.count <= 32 { return .success(text) }
            let better = DNSLabel.corrected(text).map { String($0.prefix(32)) }
            let help = better.flatMap { DNSLabel.isValid($0) ? "did you mean '\($0)'? " : nil } ?? ""
            return .failure(
                Refusal(
                    message: "'\(text)' is not a cluster name",
                    help: help + "expected 1 to 32 of a-z, 0-9 and -, not beginning or ending with -"))
        }
    }

    /// RFC 5280, appendix A: two letters for a country, at most 64 characters for the other fields.
    static func subject(_ field: PKISpec.SubjectField) -> Self {
        Self(field == .country ? .text(pattern: "[A-Z]{2}") : .text(pattern: #"[\s\S]+"#, longest: 64)) { text in
            let isValid =
                field == .country
                ? text.utf8.count == 2 && text.utf8.allSatisfy { (65...90).contains($0) }
                : (1...64).contains(text.unicodeScalars.count)
            if isValid { return .success(text) }
            return .failure(
                Refusal(
                    message: "'\(text)' does not fit into a certificate",
                    help: field == .country ? "expected two capital letters, such as DE" : "expected 1 to 64 characters"
                ))
        }
    }
}

/// What other programs call a thing that has another name here.
enum Synonym {
    /// The key here.
    static func key(_ name: String) -> String? { keys[name.lowercased()] }
    /// The value here.
    static func value(_ text: String) -> String? { values[text.lowercased()] }

    private static let keys = [
        "ram": "memory", "mem": "memory", "ip": "address", "ipaddress": "address", "ipv4": "address", "host": "name",
        "hostname": "name", "id": "name", "type": "role", "kind": "role", "replicas": "count", "number": "count",
        "instances": "count", "cores": "cpus", "vcpus": "cpus", "processors": "cpus", "storage": "disk", "size": "disk",
        "cidr": "subnet", "nodes": "machines", "hosts": "machines", "vms": "machines", "date": "epoch",
        "arch":
            "architecture", "nameservers": "dns", "keys": "ssh-keys",
    ]

    private static let values = [
        "x86_64": "amd64", "x86-64": "amd64", "x64": "amd64", "intel": "amd64", "aarch64": "arm64", "armv8": "arm64",
        "apple": "arm64", "trixie": "debian-13", "debian": "debian-13", "debian 13": "debian-13",
        "debian13": "debian-13",
        "noble": "ubuntu-24.04", "ubuntu": "ubuntu-24.04", "ubuntu 24.04": "ubuntu-24.04", "ubuntu-24": "ubuntu-24.04",
        "master": "control-plane", "controlplane": "control-plane", "control plane": "control-plane",
        "server":
            "control-plane", "controller": "control-plane", "bastion": "jump", "jumphost": "jump", "jump-host": "jump",
        "haproxy": "load-balancer", "loadbalancer": "load-balancer", "lb": "load-balancer",
        "load balancer":
            "load-balancer", "node": "worker", "agent": "worker", "host": "shared", "hashicorp-vault": "vault",
    ]
}
