package contract_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// ledgerVector is a run of the ledger that every implementation must repeat: the
// same parcels, the same verdicts and events, the same app hashes. Its fields
// stand in docs/protocol.md.
type ledgerVector struct {
	About   string        `json:"about"`
	Genesis string        `json:"genesis"`
	Founded []string      `json:"founded"`
	AppHash string        `json:"app_hash"`
	Blocks  []blockVector `json:"blocks"`
	Logs    []logVector   `json:"logs"`
}

type blockVector struct {
	Height   int64           `json:"height"`
	TimeMS   int64           `json:"time_ms"`
	Parcels  []string        `json:"parcels"`
	Verdicts []verdictVector `json:"verdicts"`
	Events   []string        `json:"events"`
	AppHash  string          `json:"app_hash"`
}

type verdictVector struct {
	What string `json:"what"`
	Tx   string `json:"tx"`
	Kind string `json:"kind,omitempty"`
	Seq  uint64 `json:"seq"`
	Evt  string `json:"event,omitempty"`
}

type logVector struct {
	Subject string   `json:"subject"`
	Size    uint64   `json:"size"`
	Peaks   []string `json:"peaks"`
	Root    string   `json:"root"`
}

// vectorRun is the script of the run, block by block.
var vectorRun = []struct{ after, lines string }{
	{"+1s", "subject ann\nsubject ann nonce=16 as=twin\nsubject bob\nsubject eve by=ann\ngarbage\nsilence s"},
	{"+0s", "give g uses=3 end=+2m\ngive w action=write end=+1h\ngive later nbf=+1m end=+1h\ngive x action=delegate\ngive y action=huge\n" +
		"give g\ngive y id=15\ngive y of=bob by=ann\ngive y of=nobody\ngive y commitment=31\ngive y end=+0s\ngive y nbf=+2h end=+1h\ngive y end=+900000h\ngive y keysuite=3"},
	{"+1s", "open r1\nagain r1\nopen r1 window=1s\nopen r2 by=stranger\nopen r2 grant=nosuch\nopen r2 grant=w\nopen r2 detail=31\n" +
		"open r2 window=0s\nopen r2 window=301s\nopen r2 id=15\nopen r2 chain=other\nopen r2 expires=0s\nopen r2 expires=601s\nopen r2 nonce=15\n" +
		"open r2 tamper\nopen r2 wrong\nopen r2 suite=3\nopen r2 unsigned\nopen r2 twice\nopen r2 unknown by=doctor\nopen r2 pad=17000\nopen n1 grant=later"},
	{"+1s", "anchor a1\nanchor a1\nanchor a2 grant=g\nanchor a2 grant=nosuch\nanchor a2 by=ann\nanchor a2 root=31\nanchor a2 id=15\nanchor a2\n" +
		"receipts b1\nreceipts b1\nreceipts b2 n=0\nreceipts b2 by=ann\nreceipts b2 root=31\nreceipts b3 n=1048577\nreceipts b2 n=1048576"},
	{"+1s", "open r2\nopen r3 window=2m\nopen r4\nopen r5\nopen r6\nopen r7"},
	{"+1s", "parcel by=member2\nopen r8 grant=later\nparcel chain=other\nsubject cleo\nparcel as=member2\nsubject cleo\nparcel tamper\nsubject cleo\n" +
		"parcel garbage\nsubject cleo\nparcel by=stranger\nsubject cleo"},
	{"+1s", "device bob key=tablet\ndevice bob key=tablet\ndevice bob key=phone by=bob\ndevice bob key=phone by=phone\ndevice eve key=phone\n" +
		"rotate bob new=bob2\nrotate bob new=bob3\nrotate bob old=bob2 new=tablet\nrotate bob old=tablet new=tablet2 by=tablet2\ngive z of=bob\ngive z of=bob by=bob2"},
	{"+1m", "open r4\nopen n2 grant=later window=1s\nrevoke later\nrevoke later\nrevoke nosuch\nrevoke w by=lab\nopen n3 grant=later"},
	{"+1m", "again r1\nopen r9\nanchor a3\nrevoke g"},
	{"+10m", "again r1\nagain a1\nrevoke w\nanchor a4"},
	{"+1h", "give q end=+9h\ngive r action=write end=+9h"},
	{"+1s", many("open q%d grant=q", 61) + "\n" + many("rotate ann old=ann new=ann by=ann", 21)},
	{"+20s", "open q61 grant=q\nopen q62 grant=q"},
	{"+1s", "give t id=text\ngive t commitment=text\nopen t grant=q detail=text\nanchor t grant=r root=text\nreceipts t root=text\n" +
		"subject zoe\ndevice zoe key=sealed seal=good\ndevice zoe key=sealed2 seal=text\ndevice zoe key=sealed2 seal=order\ndevice zoe key=sealed2 seal=large"},
	{"+1s", "admit ann in=GB,US-CA\nadmit ann in=GB,US-CA\nadmit ann kinds=1\nadmit bob cert=ann kinds=2 in=US-CA\nadmit zoe by=member1\nadmit zoe by=member1,ann\nadmit zoe by=member1,member2,k3,k4,k5,k6,k7,k8,k9\n" +
		"admit nobody\nadmit zoe nothing\nadmit zoe certificate=31\nadmit zoe certificate=text\nadmit zoe kinds=0\nadmit zoe kinds=4\nadmit zoe in=\nadmit zoe in=US,GB\n" +
		"admit zoe in=GB,GB\nadmit zoe in=gb\nadmit zoe in=GB-\nadmit zoe in=GB-ABCD\nadmit zoe in=" + codesUpTo(33) + "\nadmit zoe in=" + codesUpTo(32) + "\n" +
		"dismiss bob\ndismiss bob cert=ann by=member2\ndismiss bob cert=ann\ndismiss bob cert=ann\ndismiss nobody certificate=31\n" +
		"list ann epoch=0\nlist ann epoch=2\nlist ann epoch=1 by=bob2\nlist nobody epoch=1\nlist ann epoch=1 hash=31\nlist ann epoch=1 hash=text\nlist ann epoch=1\nlist ann epoch=1\nlist ann epoch=2"},
	{"+1s", many("admit zoe cert=c%d", 256) + "\nadmit zoe cert=c1 in=FR\n" + many("list zoe epoch=%d", 21)},
	{"+1s", "device member1 key=shared\ndevice member2 key=shared\ndismiss zoe by=member1,shared\ndismiss zoe by=shared\nrotate member2 old=shared new=own\n" +
		"dismiss zoe cert=c1 by=shared,own\ndismiss zoe cert=c2 by=member1,own\ndismiss zoe cert=c3 by=member2,own"},
	{"+6h", many("admit zoe cert=d%d", 5) + "\nadmit zoe cert=c5 in=DE\nadmit zoe cert=c5 in=FR"},
	{"+1s", "subject kim slot=31\nsubject kim slot=text\nsubject kim slot=0\nsubject kim\nslot kim by=ann\nslot nobody\nslot kim commitment=31\nslot kim commitment=text\nslot kim\n" +
		"break a of=member1\nbreak a of=kim by=member1\nbreak a of=kim by=member2\nbreak a of=kim for=ann\nbreak a of=nobody\nbreak a of=kim to=member1 by=member1\nbreak a of=kim id=15\n" +
		"break a of=kim id=text\nbreak a of=kim detail=31\nbreak a of=kim detail=text\nbreak a of=kim keysuite=3\nbreak a of=kim\nbreak a of=kim\nbreak b of=kim for=member2\nbreak c of=kim\nbreak d of=kim to=er\n" +
		"give b of=kim\nend a by=kim\nend a by=member2\nend g\nend nosuch\nreview a by=kim\nend a\nend a\nend b by=member2\nrevoke c by=kim\nend c by=member1\n" +
		"open e1 grant=a by=er\nopen e2 grant=d by=er\nopen e3 grant=d by=member1\nanchor e4 grant=d by=er\nopen e5 grant=c by=er"},
	{"+1s", "review a by=bob\nreview a by=er\nreview g\nreview nosuch\nreview a by=kim outcome=0\nreview a by=kim outcome=5\nreview a by=kim commitment=31\nreview a by=kim commitment=text\n" +
		"review d by=kim\nreview a by=kim\nreview a by=member1\nreview b by=member2 outcome=4\nreview c by=member2"},
	{"+1s", many("slot kim commitment=32", 21) + "\n" + many("break k%d of=kim", 9)},
	{"+24h", "break k9 of=kim to=er\nend d by=er\nreview d by=kim,er\nopen e6 grant=d by=er"},
	{"+48h", "review d by=member1 outcome=2\nreview c by=kim outcome=3\nreview c by=kim"},
	{"+1s", "give da of=kim action=delegate to=mother end=+4000h\ngive db of=kim action=delegate to=father end=+90h uses=1\ngive dc of=kim action=delegate to=aunt nbf=+3000h end=+4000h\ngive dd of=kim action=delegate to=uncle end=+5000h\n" +
		"give e1 of=kim under=da by=father\ngive e1 of=kim under=da by=kim\ngive e1 of=kim under=dc by=aunt\ngive e1 of=kim under=q by=doctor\ngive e1 of=kim under=nosuch by=mother\ngive e1 of=bob under=da by=mother\n" +
		"give e1 of=kim under=da by=mother end=+4001h\ngive e1 of=kim under=da by=mother end=+100h\ngive e2 of=kim under=db by=father end=+90h\ngive e3 of=kim under=da by=mother action=write to=lab end=+100h\n" +
		"give df of=kim under=da by=mother action=delegate to=sitter end=+100h\ngive dg of=kim under=df by=sitter action=delegate to=stranger end=+100h\ngive e4 of=kim under=df by=sitter to=nurse end=+100h\n" +
		"open f1 grant=da by=mother\nopen f2 grant=df by=sitter\nopen f3 grant=e4 by=nurse\nopen f4 grant=db by=father\nopen f5 grant=db by=father\ngive e5 of=kim under=db by=father end=+90h\nopen f6 grant=e2\nopen f7 grant=dc by=aunt\n" +
		"anchor f8 grant=e3 by=lab\nanchor f9 grant=da by=mother\nrevoke e2 under=da by=mother\nrevoke q under=da by=mother\nrevoke e1 under=da by=father\nrevoke e1 under=da by=mother\nrevoke e1 under=da by=mother\nrevoke e2 by=kim"},
	{"+1s", many("give h%d of=kim under=da by=mother end=+100h", 101) + "\ngive e6 of=kim end=+100h\nrevoke da by=kim\nopen f10 grant=e4 by=nurse\nopen f11 grant=df by=sitter\nopen f12 grant=e6\nanchor f13 grant=e3 by=lab\n" +
		"give e7 of=kim under=da by=mother end=+100h\nrevoke df under=da by=mother\nrevoke df by=kim"},
	{"+1s", "enrol una at=bob\nenrol una by=una\nenrol una second=other by=una,other,member1\nenrol una seal=yes\nenrol una slot=0\nenrol una\nenrol una\nrotate una new=phone\nslot una\ngive ua of=una by=una,member1\n" +
		"give ua of=una by=member1\ngive ua of=una by=member1,member2 end=+2300h\ngive ua of=una by=member1,member2 end=+2000h\ngive ub of=una by=member1,member2 action=write end=+9000h\n" +
		"give ub of=una by=member1,member2 action=write end=+2000h\ngive uc of=una by=member1,member2 action=delegate to=mother end=+90000h\nopen u1 grant=ua\nrevoke ua by=una\nrevoke ua by=member2\nopen u2 grant=ua\n" +
		"claim una by=una,phone seal=yes\nclaim una seen=member1 seal=yes\nclaim una\nclaim una by=phone,member2 seal=yes\nclaim una key=una seal=yes by=una,member2\nclaim una seal=yes\nclaim una seal=yes\n" +
		"give ud of=una by=member1,member2 end=+2000h\ngive ud of=una by=phone end=+2000h\nrevoke uc by=member1"},
	{"+2000h", "open f14 grant=dd by=uncle\nrevoke dc by=kim"},
	{"+1s", "die kim under=dd by=uncle\ndie kim under=dd by=member1/node\ndie kim under=dd by=uncle,member2/node\ndie kim under=dd for=kim by=uncle,kim\ndie kim under=dd for=member2 to=uncle\ndie kim under=da to=mother\ndie bob under=dd to=uncle\n" +
		"die kim under=dd to=uncle commitment=31\nlive kim under=dd to=uncle\ngive k0 of=kim action=delegate to=member1/node end=+4900h\ndie kim under=k0 by=member1/node\ndie kim under=dd to=uncle\ndie kim under=dd to=uncle\n" +
		"give k1 of=kim end=+4900h\ngive k2 of=kim under=dd by=uncle end=+4900h\nbreak k3 of=kim\nopen k4 grant=k2\nrevoke k2 by=kim\nlive kim under=dd for=member2 to=uncle\nlive kim under=dd to=uncle\ngive k1 of=kim end=+4900h\n" +
		"die kim under=dd to=uncle\nlive kim under=dd to=uncle\ndie kim under=dd to=uncle"},
	{"+1s", "subject max\nsubject lea\nenrol doe\nenrol roe\ngive da of=doe by=member1,member2 end=+4200h\ngive db of=max end=+6000h\ngive dm of=doe action=delegate to=mum by=member1,member2 end=+6000h\n" +
		"merge doe into=doe\nmerge doe into=nobody\nmerge nobody into=max\nmerge doe into=member1 by=member1,member2\nmerge doe into=max by=max,member1\nmerge doe into=max by=member1,member2\nmerge doe into=max by=doe,max\n" +
		"merge lea into=max by=member1,member2,max\nmerge max into=doe\nmerge max into=doe by=max,member1,member2\nmerge doe into=kim by=member1,member2\ngive dz of=lea action=delegate to=heir end=+6000h\ndie lea under=dz to=heir\nmerge lea into=max by=lea,max\nlive lea under=dz to=heir\nmerge doe into=max commitment=31\nmerge doe into=max commitment=text\npart doe\n" +
		"merge doe into=max\nmerge doe into=lea\nmerge max into=lea by=max,lea\ngive dc of=doe by=max end=+6000h\ngive dd2 of=doe by=member1,member2 end=+6000h\ngive de of=doe under=dm by=mum end=+6000h\n" +
		"give dx of=doe by=max action=delegate to=aunt end=+6000h\ngive dy of=doe under=dx by=aunt to=nurse end=+6000h\nslot doe by=max\nlist doe epoch=1 by=max\nclaim doe seal=yes\nopen m1 grant=da\nopen m2 grant=dc\nrevoke da by=max"},
	{"+1s", "rotate max old=max new=max2\npart doe by=max\npart doe by=lea\npart doe by=mum\npart doe by=member1\npart nobody\npart max by=max2\npart doe commitment=31\nmerge roe into=max by=member1,member2,max2\npart doe\npart doe\n" +
		"open m3 grant=dc\nopen m4 grant=de\nopen m5 grant=dx by=aunt\nopen m6 grant=dy by=nurse\ngive df of=doe by=max2 end=+6000h\nmerge lea into=roe by=lea,member1,member2\nmerge lea into=max by=lea,max2\nbreak m7 of=lea\nreview m7 by=max2"},
	{"+1s", "part roe by=max2\npart lea by=lea\nend m7 by=member1\nreview m7 by=max2\nreview m7 by=lea\n" + many("enrol t%d", 9) + "\n" + strings.ReplaceAll(many("merge t%d into=max", 9), "max", "max by=member1,member2,max2")},
	{"+1s", ""},
	{"+1s", "subject amy\nsubject ned\ndevice amy key=member1/node\ngive na of=amy by=amy action=delegate to=heir end=+6000h\ngive nb of=ned by=ned action=delegate to=heir end=+6000h\nmerge ned into=amy by=ned,amy\n" +
		"die amy under=na to=heir\npart ned by=ned\npart ned by=amy\nlive amy under=na by=amy,member1/node\nrevoke na by=amy\nrevoke na by=heir\nlive amy under=na to=heir\nlive amy by=amy\nlive amy by=member1/node\nlive amy by=ned,member1/node\nlive amy by=heir,member1/node\n" +
		"live amy for=member2 by=amy,member2/node\nlive amy by=amy,member1/node commitment=31\ndie amy by=amy,member1/node\nlive nobody by=amy,member1/node\nlive amy by=amy,member1/node\nlive amy by=amy,member1/node\n" +
		"die ned under=nb to=heir\npart ned by=amy\nlive ned by=ned,member1/node\nlive ned by=amy,member1/node\npart ned by=amy\npart ned by=amy"},
	{"+1s", ""},
	{"+1s", "subject pam\nenrol pat\ngive pd of=pam by=pam action=delegate to=heir end=+6000h\ngive pe of=pat by=member1,member2 action=delegate to=heir end=+6000h\nbreak pf of=pam to=er\nopen p1 grant=pf by=er\n" +
		"die pam under=pd to=heir asof=1\ndie pam under=pd to=heir asof=-10000\ndie pam under=pd to=heir asof=-1\nopen p2 grant=pf by=er\nopen p3 grant=pd by=heir\ndie pat under=pe to=heir\nclaim pat seal=yes"},
	{"+1s", "live pam under=pd to=heir asof=-2\nlive pam by=pam,member1/node asof=-2\nlive pam under=pd to=heir asof=-1\nopen p4 grant=pf by=er\ndie pam under=pd to=heir asof=-1\nlive pat under=pe to=heir\nclaim pat seal=yes"},
	{"+1s", "subject rae\nenrol ren\ngive ra of=rae by=rae action=delegate to=ma end=+6000h\ngive rb of=rae under=ra by=ma action=delegate to=pa end=+6000h\ngive rc of=rae under=rb by=pa to=nurse end=+6000h\n" +
		"give rd of=rae by=rae action=write to=lab nbf=+5000h end=+6000h\ngive re of=rae by=rae to=nurse end=+6000h uses=1\ngive rf of=ren by=member1,member2 to=nurse end=+4200h\ngive rg of=rae by=rae to=nurse end=+6000h\nbreak rh of=rae to=er\nopen w1 grant=re by=nurse"},
	{"+1s", "revoke ra by=pa\nrevoke rc by=ma\nrevoke rc by=pa\nrevoke rd by=nurse\nrevoke ra under=ra by=ma\nrevoke rb under=rb by=pa\nrevoke rh by=er\nrevoke re by=nurse\nrevoke re by=nurse\nopen w2 grant=re by=nurse\nrevoke rd by=lab\n" +
		"revoke rf by=nurse,member2\nrevoke rg by=nurse,rae\nopen w3 grant=rc by=nurse\nrevoke rb by=pa\nrevoke rb under=ra by=ma\nopen w4 grant=rc by=nurse\nrevoke rc by=nurse"},
	{"+1s", "die rae under=ra to=ma\nrevoke ra by=ma\nrevoke ra by=rae\nlive rae under=ra to=ma\nopen w5 grant=ra by=ma\nend rh by=er"},
	{"+1s", "subject sue\nsubject tom\nmerge tom into=sue by=tom,sue\ngive sa of=sue by=sue action=delegate to=heir end=+6000h\ngive sb of=tom by=sue action=delegate to=heir end=+6000h\ndie tom under=sb to=heir\n" +
		"live tom by=amy,member1/node\nlive tom by=tom\nlive tom by=tom,member1/node\ndie tom under=sb to=heir\nlive tom by=sue,member1/node\ndie sue under=sa to=heir"},
	{"+1s", "die tom under=sb to=heir asof=-2\nlive sue by=tom,member1/node\nlive sue by=sue,member1/node\ndie tom under=sb to=heir asof=-1"},
	{"+1s", "subject vic\nsubject wes\nenrol xan\nmerge wes into=vic by=vic,wes\ngive va of=vic by=vic action=delegate to=heir end=+6000h\ngive vb of=vic by=vic action=delegate to=aunt end=+6000h\n" +
		"give vc of=vic under=va by=heir action=delegate to=niece end=+6000h\ngive vd of=wes by=vic action=delegate to=uncle end=+6000h\ngive ve of=vic by=vic end=+6000h\ngive vf of=xan action=delegate to=heir by=member1,member2 end=+6000h\n" +
		many("slot wes by=vic", 21) + "\n" + many("list wes epoch=%d by=vic", 21) + "\ndie vic under=va to=heir\ndie xan under=vf to=heir\nrevoke va by=vic\nrevoke vc by=vic\nrevoke vd by=vic\nrevoke vf by=member1\n" +
		"revoke ve by=vic\nrevoke vc under=va by=heir\nrevoke vb by=aunt\nlive vic by=vic,member1/node\nlive xan under=vf to=heir\nrevoke vd by=vic\nrevoke vf by=member1\n" +
		"die vic under=va to=heir\nlive vic by=vic,member1/node\ndie vic under=va to=heir\npart wes by=wes\nslot wes by=wes\nlist wes epoch=21 by=wes"},
	{"+1s", "subject abe\ndevice abe key=tablet by=abe,tablet\ndevice abe key=laptop by=abe,laptop\nannounce ca of=abe device=abe guardians=yes number=2\nannounce ca of=abe device=abe guardians=yes needed=5\nannounce ca of=abe device=abe guardians=yes wait=47h\n" +
		"announce ca of=abe device=abe guardians=yes root=31\nannounce ca of=abe device=abe\nannounce ca of=abe device=abe id=15 guardians=yes\nannounce ca of=abe device=abe id=of:bob guardians=yes\nannounce ca of=abe device=abe by=bob guardians=yes\nannounce ca of=abe device=nosuch guardians=yes\n" +
		"announce ca of=abe device=abe guardians=yes\nannounce ca of=abe device=abe guardians=yes\nannounce cb of=abe device=tablet remove=nosuch\nannounce cb of=abe device=tablet remove=abe\nannounce cc of=abe device=laptop remove=abe\nannounce cc of=abe device=abe remove=tablet\n" +
		"veto cc device=abe\nveto cc device=bob\nveto nosuch device=tablet\nveto cc device=tablet\nveto cb device=laptop\nannounce cd of=bob device=bob remove=bob\nspeak g1 of=abe recover=new\nhalt abe"},
	{"+71h", "rotate abe old=tablet new=tablet2\nrotate abe old=abe new=abe2\nannounce ce of=abe device=laptop guardians=none"},
	{"+1h", "speak g1 of=abe recover=new index=1\nspeak g1 of=abe recover=new salt=31\nspeak g1 of=abe recover=new salt=32\nspeak g1 of=abe recover=new short=1\nspeak g1 of=bob recover=new\nspeak g1 of=abe recover=new by=g2\nspeak g1 of=abe circle=g1.2,g2.1,g3.3 recover=new\n" +
		"speak g1 of=abe recover=laptop\nspeak g1 of=abe recover=g1\nspeak g1 of=abe recover=new seal=no\nspeak g1 of=abe recover=new seal=order\nspeak g1 of=abe freeze=nosuch\nspeak g1 of=abe thaw=laptop\nspeak g1 of=abe stop=nosuch\n" +
		"speak g1 of=abe recover=new\nspeak g4 of=abe recover=new\nspeak g2 of=abe recover=thief\nspeak g2 of=abe recover=new\nspeak g4 of=abe\nspeak g3 of=abe recover=new\nhalt abe device=bob\nhalt abe device=laptop\nhalt abe device=laptop\nspeak g1 of=abe recover=new\n" +
		"freeze laptop of=abe device=laptop\nfreeze nosuch of=abe device=laptop\nfreeze tablet2 of=abe device=laptop\nthaw tablet2 of=abe device=tablet2\nannounce cf of=abe device=tablet2 remove=laptop\ndevice abe key=tablet2 by=laptop,tablet2\nrotate abe old=laptop new=tablet2\n" +
		"freeze tablet2 of=abe device=laptop\nthaw tablet2 of=abe device=laptop\nthaw tablet2 of=abe device=laptop\nspeak g1 of=abe freeze=laptop\nrotate abe old=laptop new=laptop2\nspeak g2 of=abe freeze=laptop2\nspeak g3 of=abe freeze=laptop2\n" +
		"slot abe by=laptop2\nthaw laptop2 of=abe device=tablet2\nannounce cf of=abe device=tablet2 remove=laptop2\nveto cf device=laptop2\nspeak g1 of=abe stop=ce\nspeak g2 of=abe stop=ce\nspeak g5 of=abe stop=ce"},
	{"+72h", "speak g1 of=abe thaw=tablet2\nfreeze tablet2 of=abe device=abe2\nspeak g1 of=abe thaw=tablet2\nspeak g2 of=abe thaw=tablet2\nspeak g3 of=abe thaw=tablet2"},
	{"+96h", "speak g1 of=abe recover=new\nspeak g2 of=abe recover=new\nspeak g3 of=abe recover=new\nspeak g4 of=abe recover=new\nhalt abe device=tablet2\nannounce cg of=abe device=tablet2 guardians=none\nannounce ch of=abe device=tablet2 remove=abe2"},
	{"+72h", "slot abe by=tablet2\nveto ch device=abe2\nannounce ci of=abe device=new guardians=none\nslot abe by=new"},
	{"+72h", "announce ci of=abe device=new guardians=none\n" + many("announce cj%d of=abe device=new guardians=none", 4) + "\n" + many("speak g5 of=abe recover=n%d", 17)},
	{"+1s", "give xd of=abe by=new action=delegate to=heir end=+9000h\nspeak g4 of=abe recover=n1\nspeak g2 of=abe recover=n1\nspeak g5 of=abe recover=n1\nspeak g3 of=abe recover=n1\ndie abe under=xd to=heir\nspeak g1 of=abe recover=n1\nannounce ck of=abe device=new guardians=none\nveto ci device=new\nhalt abe device=new"},
	{"+72h", "live abe under=xd to=heir\nspeak g1 of=abe recover=n1"},
	{"+336h", "speak g2 of=abe recover=n1\nspeak g3 of=abe recover=n1\nspeak g1 of=abe recover=n1\nmerge tom into=sue by=tom,sue\nsubject uma\nsubject zed\nmerge uma into=zed by=uma,zed\nannounce cl of=uma device=uma guardians=yes"},
}

// codesUpTo are so many jurisdictions, in their order.
func codesUpTo(n int) string {
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprintf("US-Z%02d", i)
	}
	return strings.Join(codes, ",")
}

// many is a line as often as a number in it says.
func many(line string, n int) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = strings.ReplaceAll(line, "%d", fmt.Sprint(i+1))
	}
	return strings.Join(lines, "\n")
}

func makeVector(t *testing.T) *ledgerVector {
	s := found(t, 2)
	v := &ledgerVector{
		About:   "A run of the ledger of two members. Bytes are hexadecimal.",
		Genesis: hex.EncodeToString(s.town.Genesis), AppHash: s.town.Hashes[0].String(), Founded: s.raw(0),
	}
	for _, step := range vectorRun {
		done, labels := s.write(step.after, step.lines)
		p := s.town.Blocks[len(s.town.Blocks)-1]
		b := blockVector{Height: p.Height, TimeMS: p.Time.UnixMilli(), AppHash: done.AppHash.String(), Events: s.raw(p.Height),
			Parcels: []string{}, Verdicts: []verdictVector{}}
		for _, parcel := range p.Parcels {
			b.Parcels = append(b.Parcels, hex.EncodeToString(parcel))
		}
		for i, verdict := range done.Verdicts {
			w := verdictVector{What: labels[i], Tx: verdict.Tx.String()}
			if verdict.Err != nil {
				w.Kind = stele.KindOf(verdict.Err).String()
			} else {
				w.Seq, w.Evt = verdict.Outcome.Seq, hex.EncodeToString(verdict.Outcome.Event)
			}
			b.Verdicts = append(b.Verdicts, w)
		}
		v.Blocks = append(v.Blocks, b)
	}
	rows := map[uint64]logVector{}
	s.scan([]byte("he"), []byte("hf"), func(key, raw []byte) {
		var row ledger.HeadRow
		if err := wire.Decode(raw, &row); err != nil {
			t.Fatal(err)
		}
		l := logVector{Subject: stele.Subject(key[2:]).String(), Size: row.Size}
		peaks := make([]stele.Digest, len(row.Peaks))
		for i, p := range row.Peaks {
			peaks[i] = stele.Digest(p)
			l.Peaks = append(l.Peaks, hex.EncodeToString(p))
		}
		front, err := merkle.NewFrontier(row.Size, peaks)
		if err != nil {
			t.Fatal(err)
		}
		l.Root = front.Root().String()
		rows[row.Leaf] = l
	})
	for leaf := range uint64(len(rows)) {
		v.Logs = append(v.Logs, rows[leaf])
	}
	return v
}

// raw returns the bytes of a block's events.
func (s *script) raw(height int64) []string {
	out := []string{}
	s.events(height, func(e *wire.Event) { out = append(out, hex.EncodeToString(wire.EventBytes(e))) })
	return out
}

// TestLedgerVector: the file is what this code computes from the script above.
func TestLedgerVector(t *testing.T) { vectortest.Reproduced(t, "ledger.json", makeVector(t)) }

// TestLedgerVectorCoversTheLedger: the run has an event of every kind, and a
// refusal of every Kind that a contract gives.
func TestLedgerVectorCoversTheLedger(t *testing.T) {
	var v ledgerVector
	vectortest.Read(t, "ledger.json", &v)
	seen, kinds := map[string]bool{}, map[string]bool{}
	note := func(events []string) {
		for _, text := range events {
			raw, _ := hex.DecodeString(text)
			e := new(wire.Event)
			if err := wire.Decode(raw, e); err != nil {
				t.Fatal(err)
			}
			m := e.ProtoReflect()
			seen[string(m.WhichOneof(m.Descriptor().Oneofs().ByName("event")).Name())] = true
			if r := e.GetAccessRefused(); r != nil {
				seen[r.Refusal.String()] = true
			}
		}
	}
	note(v.Founded)
	for _, b := range v.Blocks {
		note(b.Events)
		for _, verdict := range b.Verdicts {
			kinds[verdict.Kind] = true
		}
	}
	fields := (&wire.Event{}).ProtoReflect().Descriptor().Oneofs().ByName("event").Fields()
	for i := range fields.Len() {
		if name := string(fields.Get(i).Name()); !seen[name] {
			t.Errorf("the run has no %s", name)
		}
	}
	for _, r := range []wire.Refusal{wire.Refusal_REFUSAL_REVOKED, wire.Refusal_REFUSAL_ENDED, wire.Refusal_REFUSAL_USED_UP, wire.Refusal_REFUSAL_NOT_YET} {
		if !seen[r.String()] {
			t.Errorf("the run has no %v", r)
		}
	}
	for _, k := range []stele.Kind{stele.KindInvalid, stele.KindDenied, stele.KindExists, stele.KindLimit} {
		if !kinds[k.String()] {
			t.Errorf("the run has no refusal of kind %v", k)
		}
	}
}
