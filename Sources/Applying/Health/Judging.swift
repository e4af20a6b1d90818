import BundleFormat
import Values

/// What an answer means; and what it tells of the cluster.
struct Verdict: Hashable {
    let state: Health
    let detail: String?
    var facts = ClusterFacts()

    init(_ state: Health, _ detail: String? = nil, facts: ClusterFacts = ClusterFacts()) {
        self.state = state
        self.detail = detail
        self.facts = facts
    }
}

extension HealthCheck.Judgement {
    /// - Parameter now: by the machine's clock, for leases.
    func verdict(_ answer: ProbeAnswer, now: Timestamp) -> Verdict {
        switch self {
        case .success: answer.isSuccess ? Verdict(.healthy, answer.remark) : Verdict(.sick, Self.readyz(answer))
        case .says(let text): Self.says(text, answer)
        case .member(let member, let expected, let reason): Self.member(member, expected, reason, answer)
        case .haproxyServers(let backend): Self.haproxyServers(backend, answer)
        case .etcdMembers(let names): Self.etcdMembers(names, answer)
        case .nodes(let names): Self.nodes(names, answer)
        case .leaders(let names): Self.leaders(names, answer, now)
        }
    }

    private static func says(_ text: String, _ answer: ProbeAnswer) -> Verdict {
        guard answer.isSuccess else { return Verdict(.sick, answer.complaint) }
        let lines = answer.text.split(separator: "\n").map(String.init)
        if lines.contains(text) { return Verdict(.healthy) }
        return Verdict(.sick, "expected \(text), found \(lines.isEmpty ? "nothing" : lines.joined(separator: ", "))")
    }

    private static func member(_ name: String, _ expected: String, _ reason: String, _ answer: ProbeAnswer) -> Verdict {
        if case .unanswered(let how) = answer.outcome { return Verdict(.sick, how) }
        let limits = JSONLimits(byteCount: 1 << 16, depth: 8)
        guard case .object(let object)? = try? JSONParser.parse(Array(answer.text.utf8), limits: limits) else {
            return Verdict(.sick, answer.isSuccess ? "the answer is not JSON" : answer.complaint)
        }
        if answer.isSuccess, object[name]?.text == expected { return Verdict(.healthy) }
        let found = object[reason]?.text.flatMap { $0.isEmpty ? nil : $0 }
        return Verdict(.sick, found ?? "\(name) is \(object[name]?.text ?? "absent")")
    }

    /// What an API server says of itself when it is not ready: `[-]etcd failed: reason withheld`, among what is.
    private static func readyz(_ answer: ProbeAnswer) -> String {
        let failed = (answer.errors + "\n" + answer.text).split { $0 == "\n" || $0 == "\"" }.flatMap { line in
            line.split(separator: "\\n").filter { $0.hasPrefix("[-]") }
        }
        let names = failed.compactMap { $0.dropFirst(3).split(separator: " ").first.map(String.init) }
        return names.isEmpty ? answer.complaint : "not ready: \(names.joined(separator: ", "))"
    }

    // MARK: Clusters

    private static func nodes(_ names: [String], _ answer: ProbeAnswer) -> Verdict {
        guard answer.isSuccess else { return Verdict(.unknown, answer.complaint) }
        var seen: [String: ClusterFacts.Node] = [:]
        for row in answer.rows where row.count >= 3 && DNSLabel.isValid(row[0]) {
            let isReady = row[1] == "True"
            let message = row.count > 3 && !row[3].isEmpty ? row[3] : nil
            seen[row[0]] = ClusterFacts.Node(
                name: row[0], isReady: isReady, version: row[2], detail: isReady ? nil : message)
        }
        let nodes = names.map { name in
            seen[name] ?? ClusterFacts.Node(name: name, isReady: false, version: "", detail: "has not registered")
        }
        let facts = ClusterFacts(nodes: nodes)
        let missing = nodes.filter { !$0.isReady }
        guard let first = missing.first else { return Verdict(.healthy, "\(nodes.count) Ready", facts: facts) }
        let reason = first.detail.map { ": \($0)" } ?? ""
        let others = missing.count > 1 ? ", nor are \(missing.count - 1) more" : ""
        return Verdict(
            .sick, "\(nodes.count - missing.count) of \(nodes.count) Ready; \(first.name) is not\(others)\(reason)",
            facts: facts)
    }

    private static func leaders(_ names: [String], _ answer: ProbeAnswer, _ now: Timestamp) -> Verdict {
        var (leaders, stale): ([String: String], [String]) = ([:], [])
        for row in answer.rows where row.count >= 4 && names.contains(row[0]) {
            // A machine's name and, after a line, what tells two runs apart.
            let holder = String(row[1].prefix { $0 != "_" })
            let renewed = Timestamp(String(row[2].prefix { $0 != "." && $0 != "Z" }) + "Z")
            guard !holder.isEmpty, let renewed, let seconds = Int64(row[3]), (1...86_400).contains(seconds) else {
                continue
            }
            // Twice its time, since two machines' clocks are compared.
            let age = now.secondsSince1970 - renewed.secondsSince1970
            if age > 2 * seconds + 5 {
                stale.append("\(row[0]): \(holder) led until \(age) s ago")
            } else {
                leaders[row[0]] = holder
            }
        }
        let facts = ClusterFacts(leaders: leaders)
        if leaders.isEmpty, stale.isEmpty, !answer.isSuccess { return Verdict(.unknown, answer.complaint) }
        let missing = names.filter { name in leaders[name] == nil && !stale.contains { $0.hasPrefix("\(name):") } }
        let complaints = stale + missing.map { "\($0): nobody leads" }
        guard complaints.isEmpty else { return Verdict(.sick, complaints.joined(separator: "; "), facts: facts) }
        let told = names.map { "\($0): \(leaders[$0] ?? "")" }.joined(separator: ", ")
        return Verdict(.healthy, told, facts: facts)
    }

    /// One block of lines `"Name" : value` a member that answers, the endpoint among them; the others are on standard error.
    private static func etcdMembers(_ names: [String], _ answer: ProbeAnswer) -> Verdict {
        var (found, leaders, errors): ([String: String], Set<String>, [String]) = ([:], [], [])
        for block in answer.text.split(separator: "\n\n") {
            var fields: [Substring: Substring] = [:]
            for line in block.split(separator: "\n") {
                guard let range = line.range(ofText: "\" : ") else { continue }
                fields[line[..<range.lowerBound].drop { $0 == "\"" }] = line[range.upperBound...]
            }
            guard let member = fields["MemberID"], let endpoint = fields["Endpoint"] else { continue }
            let host = endpoint.filter { $0 != "\"" }.split(separator: "/").last?.split(separator: ":").first.map(
                String.init)
            guard let host, names.contains(host) else { continue }
            found[host] = String(member)
            if let leader = fields["Leader"], leader != "0" { leaders.insert(String(leader)) }
            if let text = fields["Errors"], text != "[]", !text.isEmpty { errors.append("\(host): \(text)") }
        }
        if found.isEmpty { return Verdict(.unknown, answer.complaint) }
        let leader = leaders.count == 1 ? found.first { $0.value == leaders.first }?.key : nil
        let facts = ClusterFacts(leaders: leader.map { ["etcd": $0] } ?? [:])
        var complaints = names.filter { found[$0] == nil }.map { "\($0) does not answer" } + errors
        if leaders.isEmpty { complaints.append("there is no leader") }
        if leaders.count > 1 { complaints.append("members name different leaders") }
        guard complaints.isEmpty else { return Verdict(.sick, complaints.joined(separator: "; "), facts: facts) }
        return Verdict(.healthy, "\(names.count) members" + (leader.map { ", \($0) leads" } ?? ""), facts: facts)
    }

    private static func haproxyServers(_ backend: String, _ answer: ProbeAnswer) -> Verdict {
        guard answer.isSuccess else { return Verdict(.sick, answer.complaint) }
        let rows = answer.text.split(separator: "\n").map { CSV.fields(String($0)) }
        guard let header = rows.first, let name = header.firstIndex(of: "svname"),
            let status = header.firstIndex(of: "status"), let proxy = header.firstIndex(of: "# pxname")
        else { return Verdict(.sick, "the answer is not HAProxy's statistics") }
        let check = header.firstIndex(of: "check_status")
        let last = header.firstIndex(of: "last_chk")
        let servers = rows.dropFirst().filter { row in
            row.count > status && row[proxy] == backend && row[name] != "BACKEND" && row[name] != "FRONTEND"
                // The same servers again, for when no check passes.
                && row[status] != "no check"
        }
        guard !servers.isEmpty else { return Verdict(.sick, "backend \(backend) has no server") }
        let down = servers.filter { $0[status] != "UP" }
        guard !down.isEmpty else { return Verdict(.healthy, "\(servers.count) of \(servers.count) servers up") }
        let told = down.map { row in
            let causes = [check, last].compactMap { $0 }.filter { row.count > $0 }.map { row[$0] }.filter {
                !$0.isEmpty
            }
            return "\(row[name]) \(row[status])" + (causes.isEmpty ? "" : " (\(causes.joined(separator: ", ")))")
        }
        return Verdict(
            .sick, "\(servers.count - down.count) of \(servers.count) servers up: \(told.joined(separator: ", "))")
    }
}

extension ProbeAnswer {
    /// What a probe that succeeded says in its only line, if that is more than `ok`.
    fileprivate var remark: String? {
        let lines = text.split(separator: "\n")
        guard lines.count == 1, lines[0] != "ok" else { return nil }
        return String(lines[0])
    }

    /// Lines of fields that are separated by tabs.
    fileprivate var rows: [[String]] {
        text.split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }
}

extension JSONValue {
    /// A value as it would be compared with a text: `true` and `"true"` alike.
    fileprivate var text: String? {
        switch self {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .null, .array, .object: nil
        }
    }
}

extension Substring {
    /// Where the text stands first. (What Foundation has for this is not linked here.)
    fileprivate func range(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// Comma-separated values (RFC 4180), one line at a time.
private enum CSV {
    static func fields(_ line: String) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line where character != "\r" {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
