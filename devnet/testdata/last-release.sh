#!/bin/bash
# Makes last-release.zip: the folder of a devnet that the last release (b915a55) left,
# for the tests of the take-over. Call it with that release's program:
#
#	git worktree add --detach ../last b915a55 && (cd ../last && make build)
#	devnet/testdata/last-release.sh ../last/bin/stele
#
# Four members on ports 7300 to 7307. In it: Elena and Sule with four records each at
# Northside; Mara, who has joined and nothing else; Dr Okafor, who may read all of
# Elena's and has opened it; Dr Haddad, whose grant Elena took back, who asked with it and
# without any; a grant for one opening, used up; and a grant of Sule's to Dr Haddad that
# waits in a directory. Elena's export lies beside, as elena.export. It is stopped when
# nothing has happened for some blocks.
set -eu
stele=$(realpath "$1") out=$(dirname "$(realpath "$0")")/last-release.zip
work=$(mktemp -d) && cd "$work"
export STELE_HOME=$work/home
"$stele" devnet >devnet.log 2>&1 &
network=$!
trap 'kill -INT $network 2>/dev/null || true' EXIT
until grep -q running devnet.log; do sleep 0.5; done

observation() { # a laboratory result: id, value
	echo '{"fullUrl":"urn:uuid:'"$1"'","resource":{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"6301-6","display":"INR"}],"text":"INR"},"subject":{"reference":"urn:uuid:'"$3"'"},"effectiveDateTime":"2026-08-14T08:03:00+01:00","valueQuantity":{"value":'"$2"',"unit":"{INR}","system":"http://unitsofmeasure.org","code":"{INR}"}},"request":{"method":"POST","url":"Observation"}}'
}
chart() { # file, number, given, family, born, value
	local id=0b6a1d7e-0000-4000-8000-00000000$2
	cat >"$1" <<J
{"resourceType":"Bundle","type":"transaction","entry":[
{"fullUrl":"urn:uuid:$id","resource":{"resourceType":"Patient","identifier":[{"system":"urn:northside:mrn","value":"$2"}],"name":[{"family":"$4","given":["$3"]}],"gender":"female","birthDate":"$5"},"request":{"method":"POST","url":"Patient"}},
$(observation "${id/7e-0000/7e-0001}" "$6" "$id"),
{"fullUrl":"urn:uuid:${id/7e-0000/7e-0002}","resource":{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"7980","display":"penicillin G"}],"text":"Penicillin"},"patient":{"reference":"urn:uuid:$id"},"recordedDate":"2019-03-02"},"request":{"method":"POST","url":"AllergyIntolerance"}},
{"fullUrl":"urn:uuid:${id/7e-0000/7e-0003}","resource":{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"855332","display":"warfarin sodium 5 MG Oral Tablet"}],"text":"warfarin 5 mg"},"subject":{"reference":"urn:uuid:$id"},"authoredOn":"2026-08-15"},"request":{"method":"POST","url":"MedicationRequest"}}
]}
J
}
wallet() { "$stele" wallet "$@"; }
did() { wallet show --as "$1" --did; }
refused() { if "$@"; then exit 1; fi; }

chart elena.json 4711 Elena Marchetti 1958-03-02 2.3
chart sule.json 4712 Sule Sahin 1971-11-20 1.1
wallet new elena --name "Elena Marchetti"
wallet new sule --name "Sule Sahin"
wallet new mara --name "Mara Lindqvist"
wallet new okafor --name "Dr Amara Okafor" --practitioner --at hospital-b
wallet new haddad --name "Dr Lina Haddad" --practitioner --at clinic
for p in elena sule; do
	wallet grant --as $p --to "Northside Hospital" --write --yes
	"$stele" patient enrol --as hospital-a --from $p.json --did "$(did $p)"
	"$stele" import $p.json --as hospital-a
done
wallet grant --as elena --to Okafor --all --for 5y --yes
wallet open Elena --as okafor --reason "follow-up"
refused wallet open "$(did elena)" --as haddad --reason "curious"
given=$(wallet grant --as elena --to Haddad --categories medications --for 5y --yes | grep -Eo '^[a-z2-7]{26}$')
wallet open Elena --as haddad --reason "second opinion"
wallet revoke --as elena "$given"
refused wallet open Elena --as haddad --reason "once more"
wallet grant --as sule --to Okafor --categories medications --uses 1 --for 5y --yes
wallet open "$(did sule)" --as okafor --reason "only once"
wallet grant --as sule --to Haddad --categories allergies --for 5y --yes
sleep 25 # receipts are posted, and blocks made in which nothing happens
wallet export --as elena home/elena.export
"$stele" ledger status
kill -INT $network && wait $network || true
rm -f home/control.json
chmod -R u=rwX,go= home
rm -f "$out" && (cd home && find . -type f | sort | zip -9 -q -X "$out" -@)
rm -rf "$work"
ls -l "$out"
